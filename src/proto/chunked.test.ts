import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {FormatError} from '../errors.js';
import {memoryDirectory} from '../platform/memory.js';
import {readChunkedSavedModel} from './chunked.js';
import type {ChunkMetadata} from './index.js';
import {normalized, splitSavedModel, splitWithDamage} from './testing/split.js';

const FIXTURE = new URL('../../fixtures/proto/split_model/', import.meta.url);
const MODELS = new URL('../../fixtures/models/', import.meta.url);
const bytesOf = (url: URL) => new Uint8Array(readFileSync(url));

const UNSPLIT = normalized(bytesOf(new URL('unsplit.pb', FIXTURE)));

async function read(bytes: Uint8Array): Promise<Uint8Array> {
  const file = await memoryDirectory({'saved_model.cpb': bytes}, 'm').open('saved_model.cpb');
  return readChunkedSavedModel(file!, 'm/saved_model.cpb');
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe('split SavedModels', () => {
  it('are put together as TensorFlow puts them together', async () => {
    const merged = await read(bytesOf(new URL('saved_model.cpb', FIXTURE)));
    expect(same(normalized(merged), UNSPLIT)).toBe(true);
  });

  it('are put together whatever the size of the chunks', async () => {
    for (const maxSize of [1, 100, 500, 2000, 10_000, 1e6]) {
      for (const compression of ['none', 'brotli'] as const) {
        const merged = await read(splitSavedModel(UNSPLIT, maxSize, {compression, chunkSize: maxSize * 2}));
        expect(same(merged, UNSPLIT), `${maxSize} ${compression}`).toBe(true);
      }
    }
  });

  it('are put together for every model', async () => {
    const files = readdirSync(MODELS, {recursive: true, encoding: 'utf8'});
    let merged = 0;
    for (const path of files.filter((file) => file.endsWith('saved_model.pb'))) {
      const model = normalized(bytesOf(new URL(path, MODELS)));
      const split = splitSavedModel(model, 1000, {compression: 'none'});
      expect(same(await read(split), model), path).toBe(true);
      merged++;
    }
    console.info(`${merged} models split and put together`);
    expect(merged).toBeGreaterThan(0);
  });

  it('do not depend on the order of the parts', async () => {
    const reversed = splitWithDamage(UNSPLIT, 2000, ({message}) => void message!.chunkedFields.reverse());
    expect(same(await read(reversed), UNSPLIT)).toBe(true);
  });

  const damages: Record<string, [(metadata: ChunkMetadata) => void, RegExp]> = {
    'no such chunk': [({message}) => void (message!.chunkIndex = 1000), /refers to chunk 1000 of/],
    'a chunk used twice': [
      ({message}) =>
        void message!.chunkedFields.push({fieldTag: [], message: {chunkIndex: 0, chunkedFields: []}}),
      /uses chunk 0 twice/,
    ],
    'another size': [({chunks}) => void chunks[1]!.size++, /chunk 1 has \d+ bytes instead of/],
    'another place': [({chunks}) => void (chunks[1]!.offset = 2 ** 40), /no record is at position/],
    'an unknown field': [
      ({message}) => void (message!.chunkedFields[0]!.fieldTag[0]!.kind = {$case: 'field', value: 99}),
      /tensorflow.SavedModel has no field 99/,
    ],
    'an index far out': [
      ({message}) => void (message!.chunkedFields[0]!.fieldTag[1]!.kind = {$case: 'index', value: 2 ** 40}),
      /has 1 elements, and a path names 1099511627776/,
    ],
    'an index without a field': [
      ({message}) => void (message!.chunkedFields[0]!.fieldTag[0]!.kind = {$case: 'index', value: 0}),
      /an index or a key without a field/,
    ],
    'a path of 100,000 steps': [
      ({message}) =>
        void (message!.chunkedFields[0]!.fieldTag = new Array(100_000).fill({
          kind: {$case: 'field', value: 2},
        })),
      /a path in it has 100000 steps/,
    ],
    'an index of a single field': [
      ({message}) =>
        void (message!.chunkedFields[0]!.fieldTag = [
          {kind: {$case: 'field', value: 1}},
          {kind: {$case: 'index', value: 0}},
        ]),
      /saved_model_schema_version, which is neither bytes nor a message/,
    ],
    'no index of a repeated field': [
      ({message}) => void message!.chunkedFields[0]!.fieldTag.splice(1, 1),
      /SavedModel.meta_graphs is repeated, and a path does not say which/,
    ],
    'a chunk that is no message': [
      ({chunks}) => {
        const [a, b] = [chunks[0]!, chunks[2]!];
        [a.offset, b.offset, a.size, b.size] = [b.offset, a.offset, b.size, a.size];
      },
      /saved_model.cpb/,
    ],
  };
  for (const [name, [damage, message]] of Object.entries(damages)) {
    it(`are refused with ${name}`, async () => {
      const result = read(splitWithDamage(UNSPLIT, 2000, damage));
      await expect(result).rejects.toThrowWithMessage(FormatError, message);
    });
  }

  it('are refused or read alike at every truncation and at changed bytes', async () => {
    const whole = bytesOf(new URL('saved_model.cpb', FIXTURE));
    const merged = await read(whole);
    const start = performance.now();
    let [tried, refused] = [0, 0];
    const attempt = async (bytes: Uint8Array) => {
      tried++;
      try {
        expect(same(await read(bytes), merged)).toBe(true);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        refused++;
      }
    };
    for (let length = 0; length < whole.length; length += 53) await attempt(whole.slice(0, length));
    for (let i = 0; i < whole.length; i += 61) {
      const changed = whole.slice();
      changed[i]! ^= 1 << (i % 8);
      await attempt(changed);
    }
    console.info(`${tried} damaged files, ${refused} refused, ${Math.round(performance.now() - start)} ms`);
    expect(refused).toBeGreaterThan(tried * 0.99);
  });
});
