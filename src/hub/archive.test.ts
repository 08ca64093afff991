/** Tests of unpacking archives, the friendly and the hostile. */

import {describe, expect, it} from 'vitest';
import {DownloadError, FormatError, type HubError} from '../errors.js';
import {unpackArchive} from './archive.js';
import {HOSTILE_ARCHIVES, HOSTILE_MAX_BYTES} from './testing/hostile.js';
import {MemorySink} from './testing/memory_sink.js';
import {gnuLongName, gzip, inChunks, pax, TAR_END, tar} from './testing/tar.js';

const limits = {maxBytes: 1 << 30};

async function unpack(bytes: Uint8Array, chunkSize?: number) {
  const sink = new MemorySink();
  const sizes = await unpackArchive(inChunks(bytes, chunkSize), sink, limits);
  return {sink, sizes};
}

const MODEL = tar(
  {name: './', type: '5'},
  {name: './saved_model.pb', body: 'graph'},
  {name: './variables/', type: '5'},
  {name: './variables/variables.index', body: 'i'.repeat(1000)},
  {name: './variables/variables.data-00000-of-00001', body: 'd'.repeat(512)},
  {name: './assets/empty.txt'},
);

describe('unpackArchive', () => {
  it.each([
    ['a plain archive', MODEL],
    ['a gzipped archive', gzip(MODEL)],
    ['an archive gzipped twice, as a transfer encoding does', gzip(gzip(MODEL))],
  ])('unpacks %s', async (_, bytes) => {
    for (const chunkSize of [1, 511, 512, 4096]) {
      const {sink, sizes} = await unpack(bytes, chunkSize);
      expect(sizes).toEqual({
        'saved_model.pb': 5,
        'variables/variables.index': 1000,
        'variables/variables.data-00000-of-00001': 512,
        'assets/empty.txt': 0,
      });
      expect(sink.text('saved_model.pb')).toBe('graph');
      expect(sink.text('variables/variables.index')).toBe('i'.repeat(1000));
      expect(sink.text('assets/empty.txt')).toBe('');
      expect(sink.directories).toContain('variables');
    }
  });

  it('unpacks long names of both kinds, and a size from a pax header', async () => {
    const long = `assets/${'directory/'.repeat(20)}vocabulary.txt`;
    const {sizes} = await unpack(
      tar(
        gnuLongName(`${long}.gnu`),
        {name: 'short', body: 'x'},
        pax({path: `${long}.pax`, mtime: '1.5'}),
        {name: 'short', body: 'y'},
        pax({size: '3'}),
        {name: 'sized', size: 0, body: 'abc'},
        pax({comment: 'a global remark'}, 'g'),
        {name: 'last', type: '\0', body: 'z'},
      ),
    );
    expect(sizes).toEqual({[`${long}.gnu`]: 1, [`${long}.pax`]: 1, sized: 3, last: 1});
  });

  it.each([
    ['before 1970, in binary', new Uint8Array(12).fill(0xff)],
    ['far before 1970, in binary', new Uint8Array(12).with(0, 0xff) as Uint8Array],
    ['after 2242, in binary', new Uint8Array(12).fill(0x7f).with(0, 0x80) as Uint8Array],
    ['that is no number', 'yesterday   '],
    ['that is empty', new Uint8Array(12)],
  ])('takes a time %s, which nobody needs', async (_, modified) => {
    const entries = [
      {name: 'assets/', type: '5', modified},
      {name: 'saved_model.pb', body: 'graph', modified},
    ];
    expect((await unpack(tar(...entries))).sizes).toEqual({'saved_model.pb': 5});
    const signed = entries.map((entry) => ({...entry, signedChecksum: true}));
    expect((await unpack(tar(...signed))).sizes).toEqual({'saved_model.pb': 5});
    const {sizes} = await unpack(tar(pax({mtime: '-86400.5'}), {name: 'saved_model.pb', body: 'graph'}));
    expect(sizes).toEqual({'saved_model.pb': 5});
  });

  it.each([
    ['no blocks of zeros', 0],
    ['one', 512],
    ['a part of one', 700],
    ['two', 1024],
    ['twenty', 10240],
  ])('takes an archive that ends with %s', async (_, length) => {
    const bytes = Buffer.concat([MODEL.subarray(0, -TAR_END.length), new Uint8Array(length)]);
    for (const chunkSize of [1, 512, 4096]) {
      for (const archive of [bytes, gzip(bytes)]) {
        const {sizes} = await unpack(archive, chunkSize);
        expect(Object.keys(sizes)).toHaveLength(4);
      }
    }
  });

  it('takes names that only look like those of devices', async () => {
    const names = [
      'console',
      'com',
      'com10',
      'auxiliary.txt',
      'null',
      '.nul',
      'a.con',
      'lpt',
      '.hidden',
      'a..b',
    ];
    const {sizes} = await unpack(tar(...names.map((name) => ({name: `assets/${name}`, body: 'x'}))));
    expect(Object.keys(sizes)).toHaveLength(names.length);
  });

  it('takes one directory named twice', async () => {
    const {sizes} = await unpack(
      tar({name: 'a/', type: '5'}, {name: './a', type: '5'}, {name: 'a/b', body: 'x'}),
    );
    expect(sizes).toEqual({'a/b': 1});
  });

  it('passes a failure of the download on as it is', async () => {
    const failure = new TypeError('the network is gone');
    async function* broken() {
      yield gzip(MODEL).subarray(0, 20);
      throw failure;
    }
    await expect(unpackArchive(broken(), new MemorySink(), limits)).rejects.toBe(failure);
    async function* brokenInFile() {
      yield tar({name: 'big', body: new Uint8Array(100_000)}).subarray(0, 50_000);
      throw failure;
    }
    await expect(unpackArchive(brokenInFile(), new MemorySink(), limits)).rejects.toBe(failure);
  });

  it('passes a failure of the sink on as it is', async () => {
    const failure = new Error('disk full');
    const sink = new MemorySink();
    sink.createFile = async () => ({write: () => Promise.reject(failure), close: async () => undefined});
    await expect(unpackArchive(inChunks(gzip(MODEL)), sink, limits)).rejects.toBe(failure);
  });

  it('holds little of a large archive at a time', async () => {
    let produced = 0;
    let written = 0;
    let ahead = 0;
    const block = new Uint8Array(1 << 16);
    async function* archive() {
      yield tar({name: 'big', size: 1 << 28}).subarray(0, 512);
      for (let i = 0; i < 1 << 12; i++) {
        produced += block.length;
        ahead = Math.max(ahead, produced - written);
        yield block;
      }
      yield new Uint8Array(1024);
    }
    const sink = new MemorySink();
    sink.createFile = async () => ({
      write: async (bytes) => {
        written += bytes.length;
      },
      close: async () => undefined,
    });
    await unpackArchive(archive(), sink, limits);
    expect(written).toBe(1 << 28);
    expect(ahead).toBeLessThan(8 << 20);
  });

  it('refuses more entries than allowed', async () => {
    const many = tar(...Array.from({length: 11}, (_, i) => ({name: `f${i}`})));
    await expect(
      unpackArchive(inChunks(many), new MemorySink(), {...limits, maxEntries: 10}),
    ).rejects.toThrowWithMessage(FormatError, /more than 10 entries/);
  });
});

describe('hostile archives', () => {
  it('are at least 40, all different', () => {
    expect(HOSTILE_ARCHIVES.length).toBeGreaterThanOrEqual(40);
    expect(new Set(HOSTILE_ARCHIVES.map(({what}) => what)).size).toBe(HOSTILE_ARCHIVES.length);
  });

  it.each(HOSTILE_ARCHIVES.map((archive) => [archive.what, archive] as const))('%s', async (_, archive) => {
    const {bytes, reason} = archive;
    const unpacking = unpackArchive(inChunks(bytes), new MemorySink(), {maxBytes: HOSTILE_MAX_BYTES});
    const error = await unpacking.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(archive.tooLarge ? DownloadError : FormatError);
    expect((error as HubError).message).toMatch(reason);
  });
});
