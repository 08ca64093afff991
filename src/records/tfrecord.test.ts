import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {serve} from '../hub/testing/fixtures.js';
import {faulty, inTurn, status} from '../hub/testing/server.js';
import * as hub from '../index.js';
import {browserHub} from '../platform/browser_hub.js';
import {nodeHub} from '../platform/node_hub.js';
import {setHubServices} from '../platform/services.js';

/** What `tf.io.TFRecordWriter` of TensorFlow 2.15 writes for {@link RECORDS}, by compression. */
const WRITTEN = {
  '':
    'BQAAAAAAAADqsgQ+Zmlyc3RV/yPlAAAAAAAAAAApA5gH2OqCogIAAAAAAAAAeCcLNAD/EKOJ6ywBAAAAAAAA8v5bnXh4' +
    `${'eHh4'.repeat(99)}eM2ClCE=`,
  GZIP: 'H4sIAAAAAAAAA2NlgIBXm1js0jKLiktC/ys/hYoxaDLPYL/xqmkRE5Rfoc5twvBfYHHnax1GiMinf9FzK0YB0eBs0xRFAMLhHhVzAQAA',
  ZLIB: 'eJxjZYCAV5tY7NIyi4pLQv8rP4WKMWgyz2C/8appEROUX6HObcLwX2Bx52sdRojIp3/RcytGAdHgbNMURQByKJ/Y',
} as const;

const RECORDS = ['first', '', '\0\xff', 'x'.repeat(300)];

const COMPRESSIONS = Object.keys(WRITTEN) as (keyof typeof WRITTEN)[];

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

const PLAIN = bytesOf(WRITTEN['']);

/** Where each record of `PLAIN` begins. */
const PLACES = [0, 21, 37, 55];

const texts = (records: readonly Uint8Array[]) => records.map((each) => Buffer.from(each).toString('latin1'));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const read = async (...args: ConstructorParameters<typeof hub.TFRecordDataset>) =>
  texts(await all(new hub.TFRecordDataset(...args)));

/** Sizes of batches, and all of their records. */
async function batches(dataset: hub.TFRecordDataset, size: number, options?: hub.BatchOptions) {
  const found = await all(dataset.batch(size, options));
  return [found.map(({shape}) => shape[0]), found.flatMap(({data}) => texts(data.toArray()))];
}

/** The bytes a few at a time. */
async function* dripped(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

let directory: string;
beforeAll(async () => {
  setHubServices(nodeHub);
  directory = await mkdtemp(join(tmpdir(), 'tfrecord-'));
});
afterAll(() => rm(directory, {recursive: true}));

const file = async (name: string, bytes: Uint8Array) => {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
};

describe('reading TFRecord files', () => {
  it.each(COMPRESSIONS)("gives what TensorFlow has written with '%s'", async (compressionType) => {
    const bytes = bytesOf(WRITTEN[compressionType]);
    const path = await file(`written${compressionType}`, bytes);
    for (const source of [path, pathToFileURL(path), bytes, new Blob([bytes]), new Blob([bytes]).stream()]) {
      expect(await read(source, {compressionType})).toEqual(RECORDS);
    }
    for (const size of [1, 5, 12, 13, 100]) {
      expect(await read(dripped(bytes, size), {compressionType})).toEqual(RECORDS);
    }
  });

  it('brings records together in batches, of several files as of one', async () => {
    const files = Array.from({length: 3}, () => PLAIN);
    const records = [...RECORDS, ...RECORDS, ...RECORDS];
    const dataset = new hub.TFRecordDataset(files);
    expect(await batches(dataset, 5)).toEqual([[5, 5, 2], records]);
    expect(await batches(dataset, 5, {dropRemainder: true})).toEqual([[5, 5], records.slice(0, 10)]);
    expect(await batches(dataset, 1)).toEqual([new Array(12).fill(1), records]);
    expect(await batches(dataset, 100)).toEqual([[12], records]);
    expect(await batches(dataset, 100, {dropRemainder: true})).toEqual([[], []]);
    expect(await batches(new hub.TFRecordDataset(files.map((each) => dripped(each, 7))), 3)).toEqual([
      [3, 3, 3, 3],
      records,
    ]);
  });

  it('keeps batches as they are while it reads on', async () => {
    const many = Array.from({length: 2000}, (_, i) => `record ${i} ${'.'.repeat(i % 97)}`);
    const path = join(directory, 'many');
    const writer = new hub.TFRecordWriter(path);
    for (const record of many) await writer.write(record);
    await writer.close();
    const bytes = new Uint8Array(await readFile(path));
    for (const size of [61, 4096, bytes.length]) {
      expect((await batches(new hub.TFRecordDataset(dripped(bytes, size)), 64))[1]).toEqual(many);
    }
  });

  it('gives batches that a raw op takes as they are', async () => {
    for await (const records of new hub.TFRecordDataset(PLAIN).batch(3)) {
      const lengths = hub.rawOps.StringLength({input: records});
      expect([...lengths.dataSync()]).toEqual(
        RECORDS.slice(...(records.shape[0] === 3 ? [0, 3] : [3])).map((each) => each.length),
      );
      lengths.dispose();
    }
  });

  it('reads nothing of an empty file', async () => {
    expect(await read(new Uint8Array(0))).toEqual([]);
    expect(await read([])).toEqual([]);
  });

  it('names the record that is damaged', async () => {
    for (let at = 0; at < PLAIN.length; at++) {
      const damaged = PLAIN.slice();
      damaged[at]! ^= 4;
      const place = PLACES.findLast((each) => each <= at)!;
      const what = at - place < 12 ? 'length of the record' : 'record';
      await expect(read(damaged)).rejects.toThrowWithMessage(
        hub.FormatError,
        new RegExp(`^the bytes: the ${what} at byte ${place} is damaged`),
      );
    }
  });

  it('gives damaged records where they are not verified', async () => {
    const damaged = PLAIN.slice();
    damaged[12]! ^= 4;
    damaged[30]! ^= 4;
    expect(await read(damaged, {verify: false})).toEqual(['birst', ...RECORDS.slice(1)]);
  });

  it('names the record within which a file ends, wherever that is', async () => {
    for (let length = 1; length < PLAIN.length; length++) {
      const records = read(PLAIN.subarray(0, length));
      if (PLACES.includes(length)) {
        expect(await records).toEqual(RECORDS.slice(0, PLACES.indexOf(length)));
        continue;
      }
      const place = PLACES.findLast((each) => each < length)!;
      await expect(records).rejects.toThrowWithMessage(
        hub.FormatError,
        new RegExp(
          `^the bytes: the file ends within the record at byte ${place}: of .* ${length - place - (length - place < 12 ? 0 : 12)} are there`,
        ),
      );
    }
  });

  it('does not wait for a length that no file has', async () => {
    const absurd = PLAIN.slice();
    absurd.fill(0xff, 0, 8);
    await expect(read(absurd, {verify: false})).rejects.toThrowWithMessage(
      hub.FormatError,
      /of its 18446744073709552000 bytes/,
    );
  });

  it('says what a compressed file needs', async () => {
    for (const compressionType of ['GZIP', 'ZLIB'] as const) {
      await expect(read(bytesOf(WRITTEN[compressionType]))).rejects.toThrowWithMessage(
        hub.FormatError,
        `compressionType to '${compressionType}'`,
      );
      const path = await file('cut off', bytesOf(WRITTEN[compressionType]).subarray(0, 60));
      await expect(read(path, {compressionType})).rejects.toThrowWithMessage(
        hub.FormatError,
        `its ${compressionType} data ends early`,
      );
      await expect(read(PLAIN, {compressionType})).rejects.toThrowWithMessage(
        hub.FormatError,
        'does not decode',
      );
    }
    expect(() => new hub.TFRecordDataset(PLAIN, {compressionType: 'gzip' as never})).toThrowWithMessage(
      hub.CallError,
      "one of '', 'GZIP' and 'ZLIB', not 'gzip'",
    );
  });

  it('says what is no file', async () => {
    await expect(read(join(directory, 'nothing'))).rejects.toThrowWithMessage(hub.HubError, /does not exist/);
    await expect(read(directory)).rejects.toThrowWithMessage(hub.HubError, /directory/);
    await expect(read('kaggle:owner/model/tfjs/a')).rejects.toThrowWithMessage(
      hub.HandleError,
      /records cannot be read from/,
    );
    await expect(read(7 as never)).rejects.toThrowWithMessage(hub.CallError, 'records are read from');
    await expect(all(new hub.TFRecordDataset(PLAIN).batch(0))).rejects.toThrowWithMessage(
      hub.CallError,
      'batchSize',
    );
  });

  it('passes on how a stream fails, as it is', async () => {
    for (const compressionType of COMPRESSIONS) {
      const broken = async function* () {
        yield bytesOf(WRITTEN[compressionType]).subarray(0, 30);
        throw new RangeError('no more');
      };
      await expect(read(broken(), {compressionType})).rejects.toThrowWithMessage(RangeError, 'no more');
    }
  });

  it('reads over HTTP, and on where a connection broke', async () => {
    const server = await serve(faulty(PLAIN, {cutAfter: 100}));
    expect(await read(server.url)).toEqual(RECORDS);
    expect(await read(new URL(server.url), {headers: {authorization: 'key'}})).toEqual(RECORDS);
    expect(server.requests.at(-1)!.headers.authorization).toBe('key');
    const bucket = await serve(faulty(PLAIN));
    expect(await read('gs://bucket/train/part 1', {gcsEndpoint: bucket.url})).toEqual(RECORDS);
    expect(bucket.requests.at(-1)!.url).toMatch(/\/storage\/v1\/b\/bucket\/o\/train%2Fpart%201\?alt=media$/);
    const changed = await serve(inTurn(faulty(PLAIN, {cutAfter: 100}), faulty(PLAIN, {etag: '"two"'})));
    await expect(read(changed.url)).rejects.toThrowWithMessage(hub.DownloadError, /broke off/);
    const missing = await serve(status(404));
    await expect(read(missing.url)).rejects.toThrowWithMessage(hub.DownloadError, /404/);
  });

  it('ends its source when the loop over records ends', async () => {
    let ended = 0;
    const endless = async function* () {
      try {
        for (;;) yield PLAIN;
      } finally {
        ended++;
      }
    };
    for await (const record of new hub.TFRecordDataset(endless())) if (record.length > 0) break;
    expect(ended).toBe(1);
    for await (const records of new hub.TFRecordDataset(endless()).batch(2))
      if (records.data.length > 0) break;
    expect(ended).toBe(2);

    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(PLAIN),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const record of new hub.TFRecordDataset(stream)) if (record.length > 0) break;
    expect(cancelled).toBe(true);
  });

  it('stops when its signal is aborted', async () => {
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of new hub.TFRecordDataset([PLAIN, PLAIN], {signal: controller.signal}).batch(4)) {
        controller.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrowWithMessage(Error, 'enough');
  });
});

describe('writing TFRecord files', () => {
  it('writes the bytes that TensorFlow writes', async () => {
    const path = join(directory, 'ours');
    const writer = new hub.TFRecordWriter(path);
    for (const record of RECORDS) await writer.write(new Uint8Array(Buffer.from(record, 'latin1')));
    await writer.close();
    expect(new Uint8Array(await readFile(path))).toEqual(PLAIN);
  });

  it.each(COMPRESSIONS)("writes what it reads with '%s', to files and streams", async (compressionType) => {
    const path = join(directory, `own${compressionType}`);
    const {readable, writable} = new TransformStream<Uint8Array, Uint8Array>();
    const fromStream = read(readable, {compressionType});
    for (const target of [path, writable]) {
      const writer = new hub.TFRecordWriter(target, {compressionType});
      await Promise.all(['é', 'b'.repeat(100_000), ''].map((record) => writer.write(record)));
      await writer.close();
    }
    const wanted = [Buffer.from('é').toString('latin1'), 'b'.repeat(100_000), ''];
    expect(await fromStream).toEqual(wanted);
    expect(await read(path, {compressionType})).toEqual(wanted);
  });

  it.each(COMPRESSIONS)("puts a file in its place when it is whole, with '%s'", async (compressionType) => {
    const path = await file('replaced', PLAIN);
    const writer = new hub.TFRecordWriter(path, {compressionType});
    await writer.write('new');
    await writer.flush();
    expect(await read(path)).toEqual(RECORDS);
    await writer.close();
    expect(await read(path, {compressionType})).toEqual(['new']);
    await expect(writer.write('more')).rejects.toThrowWithMessage(hub.SaveError, 'closed');
    const given = new hub.TFRecordWriter(path, {compressionType});
    await given.write('x'.repeat(200_000));
    await given.abort();
    expect(await read(path, {compressionType})).toEqual(['new']);
    expect((await readdir(directory)).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('says why it cannot write', async () => {
    const nowhere = new hub.TFRecordWriter(join(directory, 'nothing', 'file'));
    await nowhere.write('a');
    await expect(nowhere.close()).rejects.toThrowWithMessage(hub.HubError, /does not exist/);
    const onto = new hub.TFRecordWriter(directory);
    await expect(onto.close()).rejects.toThrowWithMessage(hub.HubError, /directory/);
    const full = new WritableStream<Uint8Array>({
      write: () => {
        throw new RangeError('full');
      },
    });
    for (const compressionType of COMPRESSIONS) {
      const target =
        compressionType === ''
          ? full
          : new WritableStream<Uint8Array>({write: () => Promise.reject(new RangeError('full'))});
      const writer = new hub.TFRecordWriter(target, {compressionType});
      await writer.write('a');
      await expect(writer.close()).rejects.toThrowWithMessage(RangeError, 'full');
    }
    expect(
      (await readdir(tmpdir())).filter((name) => name.startsWith('tfrecord-') && name.includes('.tmp')),
    ).toEqual([]);
  });
});

describe('with what a browser has', () => {
  beforeAll(() => setHubServices(browserHub));
  afterAll(() => setHubServices(nodeHub));

  it.each(COMPRESSIONS)("reads and writes with '%s'", async (compressionType) => {
    const bytes = bytesOf(WRITTEN[compressionType]);
    expect(await read(new File([bytes], 'picked'), {compressionType})).toEqual(RECORDS);
    const {readable, writable} = new TransformStream<Uint8Array, Uint8Array>();
    const written = read(readable, {compressionType});
    const writer = new hub.TFRecordWriter(writable, {compressionType});
    for (const record of RECORDS) await writer.write(new Uint8Array(Buffer.from(record, 'latin1')));
    await writer.close();
    expect(await written).toEqual(RECORDS);
  });

  it('says of a file what is wrong with it', async () => {
    for (const compressionType of ['GZIP', 'ZLIB'] as const) {
      const cut = new File([bytesOf(WRITTEN[compressionType]).subarray(0, 60)], 'picked');
      await expect(read(cut, {compressionType})).rejects.toThrowWithMessage(
        hub.FormatError,
        /^picked is truncated or corrupt/,
      );
    }
    await expect(read(new File([PLAIN.subarray(0, 30)], 'picked'))).rejects.toThrowWithMessage(
      hub.FormatError,
      /^picked: the file ends within the record at byte 21/,
    );
  });

  it('has no paths', async () => {
    await expect(read('train.tfrecord')).rejects.toThrowWithMessage(
      hub.CallError,
      /no files here to find train\.tfrecord/,
    );
    const writer = new hub.TFRecordWriter('train.tfrecord');
    await expect(writer.close()).rejects.toThrowWithMessage(hub.CallError, /no files here.* give a stream/);
  });
});
