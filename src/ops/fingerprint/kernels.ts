/**
 * Hash ops: buckets of strings, fingerprints.
 *
 * @module
 */

import {fingerprint64} from '../../algorithms/farm_hash.js';
import {hash64} from '../../algorithms/murmur_hash.js';
import {sipHash} from '../../algorithms/sip_hash.js';
import {type StringHash, viewOf} from '../../algorithms/string_hash.js';
import {decodeUtf8} from '../../algorithms/utf8.js';
import {remainders} from '../../algorithms/words64.js';
import {wordsOf} from '../../host/int64.js';
import type {PackedStrings} from '../../host/strings.js';
import {allocate} from '../../host/tensor.js';
import {encodeTensorBytes} from '../../host/tensor_bytes.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';

/** The hash of each string: two words. */
function hashes(strings: PackedStrings, hash: StringHash): BigInt64Array {
  const out = allocate('int64', strings.length) as BigInt64Array;
  hashInto(wordsOf(out), strings, hash, 0, strings.length);
  return out;
}

/** Puts the hashes of strings `from` to `to` into `words`. */
function hashInto(
  words: Int32Array,
  {bytes, starts, ends}: PackedStrings,
  hash: StringHash,
  from: number,
  to: number,
): void {
  const view = viewOf(bytes);
  for (let i = from; i < to; i++) hash(view, starts[i]!, ends[i]!, words, 2 * (i - from));
}

/** So many hashes are made and divided at a time where only the buckets are kept. */
const BLOCK = 1024;

/** Each string's hash modulo `num_buckets`. */
function buckets(hashOf: (ctx: KernelContext) => StringHash): Kernel {
  return ([input], ctx) => {
    const hash = ctx.memo(() => hashOf(ctx));
    const strings = input!.strings();
    const count = ctx.attrs.bigint('num_buckets');
    if (count > 2n ** 31n) {
      const out = hashes(strings, hash);
      remainders(wordsOf(out), count);
      return Value.host('int64', input!.shape, out);
    }
    const out = allocate('int32', strings.length) as Int32Array;
    const block = new Int32Array(2 * Math.min(BLOCK, out.length));
    for (let from = 0; from < out.length; from += BLOCK) {
      const to = Math.min(from + BLOCK, out.length);
      const words = block.subarray(0, 2 * (to - from));
      hashInto(words, strings, hash, from, to);
      remainders(words, count);
      for (let i = from; i < to; i++) out[i] = words[2 * (i - from)]!;
    }
    return Value.freshNarrow(input!.shape, out);
  };
}

function keyedHash(ctx: KernelContext): StringHash {
  const key = ctx.attrs.raw('key');
  const words = key?.type === 'list' ? key.value.map((item) => BigInt(item.value as number | bigint)) : [];
  if (words.length !== 2) throw invalid(ctx, `the key has ${words.length} elements, not 2`);
  return sipHash(words as [bigint, bigint]);
}

/** One 8-byte fingerprint per element of the first axis. */
const fingerprintKernel: Kernel = ([data, method], ctx) => {
  const name = decodeUtf8(method!.string());
  if (method!.rank !== 0) throw invalid(ctx, 'method must be a scalar string');
  if (name !== 'farmhash64') throw unsupported(ctx, `the method '${name}'`);
  if (data!.rank === 0) throw invalid(ctx, 'data must have a batch dimension');
  const rows = data!.shape[0]!;
  const out = fingerprints(data!, rows);
  return Value.host('uint8', [rows, 8], new Uint8Array(out.buffer, out.byteOffset, out.byteLength));
};

/** What is hashed of a row is its memory; of strings their own fingerprints, unless it is only one. */
function fingerprints(data: Value, rows: number): BigInt64Array {
  let bytes: Uint8Array;
  if (data.dtype === 'string') {
    const own = hashes(data.strings(), fingerprint64);
    if (data.size === rows) return own;
    bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  } else {
    bytes = encodeTensorBytes(data.dtype, data.numeric());
  }
  const out = allocate('int64', rows) as BigInt64Array;
  const words = wordsOf(out);
  const view = viewOf(bytes);
  const width = bytes.length / rows;
  for (let row = 0; row < rows; row++) fingerprint64(view, row * width, (row + 1) * width, words, 2 * row);
  return out;
}

/** Hashes as TensorFlow computes them: these decide which row of an embedding a word gets. */
export const fingerprint: OpFamily = {
  StringToHashBucketFast: {kernel: buckets(() => fingerprint64)},
  StringToHashBucket: {kernel: buckets(() => hash64)},
  StringToHashBucketStrong: {kernel: buckets(keyedHash)},
  Fingerprint: {kernel: fingerprintKernel},
};
