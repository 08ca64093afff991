/**
 * Hash ops: buckets of strings, fingerprints.
 *
 * @module
 */

import {fingerprint64, type Hash64, hash64, MAX_NUMBER_BUCKETS, sipHash} from '../../algorithms/hashes.js';
import {encodeTensorBytes} from '../../host/tensor_bytes.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';

type Hasher = (bytes: Uint8Array) => Hash64;

/** Each string's hash modulo `num_buckets`. */
function buckets(hasher: (ctx: KernelContext) => Hasher): Kernel {
  return ([input], ctx) => {
    const hash = ctx.memo(() => hasher(ctx));
    const count = ctx.attrs.bigint('num_buckets');
    const strings = input!.strings().toArray();
    const out = new BigInt64Array(strings.length);
    if (count < MAX_NUMBER_BUCKETS) {
      const halves = new Int32Array(out.buffer);
      const number = Number(count);
      strings.forEach((string, i) => {
        const bucket = hash(string).remainder(number);
        halves[2 * i] = bucket;
        halves[2 * i + 1] = bucket / 2 ** 32;
      });
    } else {
      strings.forEach((string, i) => {
        out[i] = hash(string).toBigInt() % count;
      });
    }
    return Value.host('int64', input!.shape, out);
  };
}

function keyedHasher(ctx: KernelContext): Hasher {
  const key = ctx.attrs.raw('key');
  const words = key?.type === 'list' ? key.value.map((item) => BigInt(item.value as number | bigint)) : [];
  if (words.length !== 2) throw invalid(ctx, `the key has ${words.length} elements, not 2`);
  const pair = words.map((word) => BigInt.asUintN(64, word)) as [bigint, bigint];
  return (bytes) => sipHash(bytes, pair);
}

/** One 8-byte fingerprint per element of the first axis. */
const fingerprintKernel: Kernel = ([data, method], ctx) => {
  const name = new TextDecoder().decode(method!.string());
  if (method!.rank !== 0) throw invalid(ctx, 'method must be a scalar string');
  if (name !== 'farmhash64') throw unsupported(ctx, `the method '${name}'`);
  if (data!.rank === 0) throw invalid(ctx, 'data must have a batch dimension');
  const rows = data!.shape[0]!;
  const rowSize = rows === 0 ? 0 : data!.size / rows;
  const out = new Uint8Array(rows * 8);
  const halves = new Uint32Array(out.buffer);
  const write = (row: number, {low, high}: Hash64) => {
    halves[2 * row] = low;
    halves[2 * row + 1] = high;
  };
  for (let row = 0; row < rows; row++) write(row, fingerprint64(rowBytes(data!, row, rowSize)));
  return Value.host('uint8', [rows, 8], out);
};

/** What is hashed of a row: its memory; of strings their own fingerprints, unless it is only one. */
function rowBytes(data: Value, row: number, rowSize: number): Uint8Array {
  if (data.dtype === 'string') {
    const strings = data
      .strings()
      .slice(row * rowSize, (row + 1) * rowSize)
      .toArray();
    if (rowSize === 1) return strings[0]!;
    const prints = new Uint32Array(2 * rowSize);
    strings.forEach((string, i) => {
      const {low, high} = fingerprint64(string);
      prints[2 * i] = low;
      prints[2 * i + 1] = high;
    });
    return new Uint8Array(prints.buffer);
  }
  const bytes = encodeTensorBytes(data.dtype, data.numeric());
  const width = bytes.length / data.shape[0]!;
  return bytes.subarray(row * width, (row + 1) * width);
}

/** Hashes as TensorFlow computes them: these decide which row of an embedding a word gets. */
export const fingerprint: OpFamily = {
  StringToHashBucketFast: {kernel: buckets(() => fingerprint64)},
  StringToHashBucket: {kernel: buckets(() => hash64)},
  StringToHashBucketStrong: {kernel: buckets(keyedHasher)},
  Fingerprint: {kernel: fingerprintKernel},
};
