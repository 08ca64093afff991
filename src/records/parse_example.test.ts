import {describe, expect, it} from 'vitest';
import * as hub from '../index.js';
import {Example, encodeMessage, type Feature} from '../proto/index.js';

type Values = readonly number[] | readonly string[];

/** A feature: texts, floats, or integers where all of them are whole. */
function feature(values: Values): Feature {
  if (typeof values[0] === 'string') {
    const value = (values as readonly string[]).map((each) => new TextEncoder().encode(each));
    return {kind: {$case: 'bytesList', value: {value}}};
  }
  const numbers = [...(values as readonly number[])];
  return numbers.every(Number.isInteger)
    ? {kind: {$case: 'int64List', value: {value: numbers.map(BigInt)}}}
    : {kind: {$case: 'floatList', value: {value: numbers}}};
}

const example = (features: Readonly<Record<string, Values>>) =>
  encodeMessage(Example, {
    features: {feature: new Map(Object.entries(features).map(([key, values]) => [key, feature(values)]))},
  });

const FIRST = example({id: [1], box: [0.5, 1.5], words: ['a', 'bc'], tags: ['x', 'y'], sizes: [3, 4, 5]});
const SECOND = example({id: [-2], words: ['é'], tags: ['']});

/** Shape and elements. */
const shown = (tensor: {shape: number[]; dataSync(): ArrayLike<unknown>}) => [
  tensor.shape,
  [...(tensor.dataSync() as never[])],
];

describe('examples outside of a model', () => {
  it('become tensors of all kinds', () => {
    const parsed = hub.parseExample([FIRST, SECOND], {
      id: new hub.FixedLenFeature([], 'int64'),
      box: new hub.FixedLenFeature([2], 'float32', [-1, -2]),
      sizes: new hub.FixedLenSequenceFeature([], 'int64', 9),
      words: new hub.VarLenFeature('string'),
      texts: new hub.RaggedFeature('string', 'tags'),
    });
    expect(Object.keys(parsed)).toEqual(['id', 'box', 'sizes', 'words', 'texts']);
    expect(shown(parsed.id)).toEqual([[2], [1, -2]]);
    expect(shown(parsed.box)).toEqual([
      [2, 2],
      [0.5, 1.5, -1, -2],
    ]);
    expect(shown(parsed.sizes)).toEqual([
      [2, 3],
      [3, 4, 5, 9, 9, 9],
    ]);
    const {indices, values, denseShape} = parsed.words;
    expect(shown(indices)).toEqual([
      [3, 2],
      [0, 0, 0, 1, 1, 0],
    ]);
    expect(shown(values)).toEqual([[3], ['a', 'bc', 'é']]);
    expect(shown(denseShape)).toEqual([[2], [2, 2]]);
    const texts = parsed.texts as hub.RaggedTensor;
    expect(shown(texts.flatValues)).toEqual([[3], ['x', 'y', '']]);
    expect(shown(texts.rowSplits)).toEqual([[3], [0, 2, 3]]);
  });

  it('become tensors without a batch dimension where there is one alone', () => {
    const {id, words, texts} = hub.parseExample(FIRST, {
      id: new hub.FixedLenFeature([1], 'int64'),
      words: new hub.VarLenFeature('string'),
      texts: new hub.RaggedFeature('string', 'tags'),
    });
    expect(shown(id)).toEqual([[1], [1]]);
    expect(shown(words.indices)).toEqual([
      [2, 1],
      [0, 1],
    ]);
    expect(texts).not.toBeInstanceOf(hub.RaggedTensor);
  });

  it('are parsed as they are read', async () => {
    const file: Uint8Array[] = [];
    const target = new WritableStream<Uint8Array>({write: (bytes) => void file.push(bytes)});
    const writer = new hub.TFRecordWriter(target);
    for (const record of [FIRST, SECOND, FIRST]) await writer.write(record);
    await writer.close();
    const ids: number[] = [];
    for await (const records of new hub.TFRecordDataset(new Blob(file as BlobPart[])).batch(2)) {
      ids.push(...hub.parseExample(records, {id: new hub.FixedLenFeature([], 'int64')}).id.dataSync());
    }
    expect(ids).toEqual([1, -2, 1]);
  });

  it('say what they lack', () => {
    const asked = (features: hub.Features) => () => hub.parseExample([FIRST, SECOND], features);
    expect(asked({box: new hub.FixedLenFeature([2], 'float32')})).toThrowWithMessage(
      hub.CallError,
      /example 1: feature box: it \(float32\) is required/,
    );
    expect(asked({id: new hub.FixedLenFeature([2], 'int64')})).toThrowWithMessage(
      hub.CallError,
      /example 0: feature id: 1 values, but the shape is \(2,\)/,
    );
    expect(asked({id: new hub.VarLenFeature('string')})).toThrowWithMessage(
      hub.CallError,
      /data types do not match: int64, expected string/,
    );
    expect(asked({box: new hub.FixedLenFeature([2], 'float32', [1])})).toThrowWithMessage(
      hub.CallError,
      /default of feature 'box' has 1 elements, not 2 as/,
    );
    expect(asked({box: new hub.FixedLenFeature([], 'float32', 'a')})).toThrowWithMessage(
      hub.CallError,
      /default of feature 'box' is no float32 tensor/,
    );
    expect(
      asked({id: new hub.VarLenFeature('int64'), ids: new hub.RaggedFeature('int64', 'id')}),
    ).toThrowWithMessage(hub.CallError, /feature id is asked for twice/);
  });
});
