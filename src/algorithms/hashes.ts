/**
 * The three 64-bit hashes of strings that TensorFlow's ops expose, on bytes: FarmHash's `Fingerprint64`, TensorFlow's
 * own `Hash64` (a MurmurHash64A) and SipHash-2-4.
 *
 * They share a little register machine: a 64-bit word is two halves of an Int32Array, and an instruction names its
 * words by their position. On short strings that is some twenty times faster than BigInt.
 *
 * Sources: the FarmHash description (`farmhashna`), `tsl/platform/hash.cc`, and Aumasson & Bernstein, "SipHash".
 *
 * @module
 */

/** The words. Even positions are low halves; the half after each is its high half. */
const words = new Int32Array(64);
/** Words of the same memory seen unsigned, for results. */
const unsigned = new Uint32Array(words.buffer);

let used = 0;

/** Sets a word aside and gives its position. */
function word(high = 0, low = 0): number {
  const at = used;
  used += 2;
  set(at, high, low);
  return at;
}

function set(to: number, high: number, low: number): void {
  words[to] = low;
  words[to + 1] = high;
}

function copy(to: number, a: number): void {
  words[to] = words[a]!;
  words[to + 1] = words[a + 1]!;
}

function add(to: number, a: number, b: number): void {
  const low = (words[a]! >>> 0) + (words[b]! >>> 0);
  words[to + 1] = words[a + 1]! + words[b + 1]! + (low > 0xffffffff ? 1 : 0);
  words[to] = low;
}

/** Adds a non-negative number below 2^32. */
function addNumber(to: number, a: number, n: number): void {
  const low = (words[a]! >>> 0) + n;
  words[to + 1] = words[a + 1]! + (low > 0xffffffff ? 1 : 0);
  words[to] = low;
}

function xor(to: number, a: number, b: number): void {
  words[to] = words[a]! ^ words[b]!;
  words[to + 1] = words[a + 1]! ^ words[b + 1]!;
}

/** The low 64 bits of a product: the low halves are multiplied exactly, by 16 bits. */
function mul(to: number, a: number, b: number): void {
  const aLow = words[a]!;
  const bLow = words[b]!;
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const p00 = Math.imul(a0, b0);
  const p01 = Math.imul(a0, b1);
  const p10 = Math.imul(a1, b0);
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const carried = Math.imul(a1, b1) + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
  words[to + 1] = carried + Math.imul(aLow, words[b + 1]!) + Math.imul(words[a + 1]!, bLow);
  words[to] = Math.imul(aLow, bLow);
}

/** Rotates left by `n` bits, 0 < n < 64. A rotation to the right by n is one to the left by 64 - n. */
function rotateLeft(to: number, a: number, n: number): void {
  const low = n < 32 ? words[a]! : words[a + 1]!;
  const high = n < 32 ? words[a + 1]! : words[a]!;
  const by = n & 31;
  words[to] = by === 0 ? low : (low << by) | (high >>> (32 - by));
  words[to + 1] = by === 0 ? high : (high << by) | (low >>> (32 - by));
}

function rotateRight(to: number, a: number, n: number): void {
  rotateLeft(to, a, 64 - n);
}

/** `a ^ (a >> 47)`. */
function shiftMix(to: number, a: number): void {
  words[to] = words[a]! ^ (words[a + 1]! >>> 15);
  words[to + 1] = words[a + 1]!;
}

/** Eight bytes, the first one lowest. */
function load(to: number, bytes: Uint8Array, at: number): void {
  words[to] = load32(bytes, at);
  words[to + 1] = load32(bytes, at + 4);
}

function load32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The last `bytes.length - at` (fewer than eight) bytes, the first one lowest. */
function loadTail(to: number, bytes: Uint8Array, at: number): void {
  let low = 0;
  let high = 0;
  for (let i = at; i < bytes.length; i++) {
    const shift = (i - at) * 8;
    if (shift < 32) low |= bytes[i]! << shift;
    else high |= bytes[i]! << (shift - 32);
  }
  set(to, high, low);
}

const RESULT = word();

/** A 64-bit hash: its unsigned halves. Valid until the next hash is computed. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
  /** The hash as one number. */
  toBigInt(): bigint;
  /** The remainder on division by `buckets`, which is exact for fewer than 2^37. */
  remainder(buckets: number): number;
}

/** Buckets from here on need `toBigInt`: a remainder and 16 more bits have to fit 53. */
export const MAX_NUMBER_BUCKETS = 2 ** 37;

const result: Hash64 = {
  get high() {
    return unsigned[RESULT + 1]!;
  },
  get low() {
    return unsigned[RESULT]!;
  },
  toBigInt() {
    return (BigInt(unsigned[RESULT + 1]!) << 32n) | BigInt(unsigned[RESULT]!);
  },
  remainder(buckets) {
    const low = unsigned[RESULT]!;
    const upper = ((unsigned[RESULT + 1]! % buckets) * 0x10000 + (low >>> 16)) % buckets;
    return (upper * 0x10000 + (low & 0xffff)) % buckets;
  },
};

// FarmHash: constants and names of its description.

const K0 = word(0xc3a5c85c, 0x97cb3127);
const K1 = word(0xb492b66f, 0xbe98f273);
const K2 = word(0x9ae16a3b, 0x2f90404f);
// Scratch.
const A = word();
const B = word();
const C = word();
const D = word();
const E = word();
const F = word();
const G = word();
const MUL = word();
const T = word();
const U = word();

// FarmHash's state over long strings: three words and two pairs.
const X = word();
const Y = word();
const Z = word();
const V1 = word();
const V2 = word();
const W1 = word();
const W2 = word();

/** FarmHash's `Fingerprint64`: the same on every platform and in every version. */
export function fingerprint64(bytes: Uint8Array): Hash64 {
  const {length} = bytes;
  if (length <= 16) farmUpTo16(bytes, length);
  else if (length <= 32) farm17To32(bytes, length);
  else if (length <= 64) farm33To64(bytes, length);
  else farmLong(bytes, length);
  return result;
}

/** Murmur-like mixing of two words into `to`; `mixer` is odd. */
function mix(to: number, u: number, v: number, mixer: number): void {
  xor(T, u, v);
  mul(T, T, mixer);
  shiftMix(T, T);
  xor(T, v, T);
  mul(T, T, mixer);
  shiftMix(T, T);
  mul(to, T, mixer);
}

function farmUpTo16(bytes: Uint8Array, length: number): void {
  if (length >= 8) {
    addNumber(MUL, K2, length * 2);
    load(A, bytes, 0);
    add(A, A, K2);
    load(B, bytes, length - 8);
    rotateRight(C, B, 37);
    mul(C, C, MUL);
    add(C, C, A);
    rotateRight(D, A, 25);
    add(D, D, B);
    mul(D, D, MUL);
    mix(RESULT, C, D, MUL);
  } else if (length >= 4) {
    addNumber(MUL, K2, length * 2);
    const first = load32(bytes, 0);
    set(A, first >>> 29, first << 3);
    addNumber(A, A, length);
    set(B, 0, load32(bytes, length - 4));
    mix(RESULT, A, B, MUL);
  } else if (length > 0) {
    set(A, 0, bytes[0]! + (bytes[length >> 1]! << 8));
    set(B, 0, length + (bytes[length - 1]! << 2));
    mul(A, A, K2);
    mul(B, B, K0);
    xor(A, A, B);
    shiftMix(A, A);
    mul(RESULT, A, K2);
  } else {
    copy(RESULT, K2);
  }
}

/** Leaves `a`, `c` and `a + rotate(b + k2, 18) + c` in A, C and U, and the other sum in D: shared by two lengths. */
function farmEnds(bytes: Uint8Array, length: number, first: number): void {
  addNumber(MUL, K2, length * 2);
  load(A, bytes, 0);
  mul(A, A, first);
  load(B, bytes, 8);
  load(C, bytes, length - 8);
  mul(C, C, MUL);
  load(D, bytes, length - 16);
  mul(D, D, K2);
  add(T, A, B);
  rotateRight(T, T, 43);
  add(D, D, T);
  rotateRight(T, C, 30);
  add(D, D, T);
  add(U, B, K2);
  rotateRight(U, U, 18);
  add(U, U, A);
  add(U, U, C);
}

function farm17To32(bytes: Uint8Array, length: number): void {
  farmEnds(bytes, length, K1);
  mix(RESULT, D, U, MUL);
}

function farm33To64(bytes: Uint8Array, length: number): void {
  farmEnds(bytes, length, K2);
  mix(C, D, U, MUL);
  load(E, bytes, 16);
  mul(E, E, MUL);
  load(F, bytes, 24);
  load(G, bytes, length - 32);
  add(G, G, D);
  mul(G, G, MUL);
  load(B, bytes, length - 24);
  add(B, B, C);
  mul(B, B, MUL);
  add(D, E, F);
  rotateRight(D, D, 43);
  add(D, D, B);
  rotateRight(T, G, 30);
  add(D, D, T);
  add(U, F, A);
  rotateRight(U, U, 18);
  add(U, U, E);
  add(U, U, G);
  mix(RESULT, D, U, MUL);
}

/** Mixes 32 bytes and the seeds A and B into a pair of words. */
function farmWeak32(to1: number, to2: number, bytes: Uint8Array, at: number): void {
  load(T, bytes, at);
  add(A, A, T);
  load(C, bytes, at + 24);
  add(B, B, A);
  add(B, B, C);
  rotateRight(B, B, 21);
  copy(D, A);
  load(T, bytes, at + 8);
  add(A, A, T);
  load(T, bytes, at + 16);
  add(A, A, T);
  rotateRight(T, A, 44);
  add(B, B, T);
  add(to1, A, C);
  add(to2, B, D);
}

/** One round over 64 bytes; the last one scales what it mixes in by 9. */
function farmRound(bytes: Uint8Array, at: number, mixer: number, last: boolean): void {
  add(X, X, Y);
  add(X, X, V1);
  load(T, bytes, at + 8);
  add(X, X, T);
  rotateRight(X, X, 37);
  mul(X, X, mixer);
  add(Y, Y, V2);
  load(T, bytes, at + 48);
  add(Y, Y, T);
  rotateRight(Y, Y, 42);
  mul(Y, Y, mixer);
  timesNineWhen(last, W2);
  xor(X, X, T);
  timesNineWhen(last, V1);
  add(Y, Y, T);
  load(T, bytes, at + 40);
  add(Y, Y, T);
  add(Z, Z, W1);
  rotateRight(Z, Z, 33);
  mul(Z, Z, mixer);
  mul(A, V2, mixer);
  add(B, X, W1);
  farmWeak32(V1, V2, bytes, at);
  add(A, Z, W2);
  load(T, bytes, at + 16);
  add(B, Y, T);
  farmWeak32(W1, W2, bytes, at + 32);
  copy(T, Z);
  copy(Z, X);
  copy(X, T);
}

function timesNineWhen(last: boolean, a: number): void {
  copy(T, a);
  if (!last) return;
  set(U, 0, 9);
  mul(T, a, U);
}

function farmLong(bytes: Uint8Array, length: number): void {
  const seed = 81;
  set(X, 0, seed);
  mul(X, X, K2);
  load(T, bytes, 0);
  add(X, X, T);
  set(Y, 0, seed);
  mul(Y, Y, K1);
  addNumber(Y, Y, 113);
  mul(Z, Y, K2);
  addNumber(Z, Z, 113);
  shiftMix(Z, Z);
  mul(Z, Z, K2);
  for (const each of [V1, V2, W1, W2]) set(each, 0, 0);
  const end = Math.floor((length - 1) / 64) * 64;
  for (let at = 0; at < end; at += 64) farmRound(bytes, at, K1, false);
  addNumber(MUL, K1, (words[Z]! & 0xff) << 1);
  addNumber(W1, W1, (length - 1) & 63);
  add(V1, V1, W1);
  add(W1, W1, V1);
  farmRound(bytes, length - 64, MUL, true);
  mix(A, V1, W1, MUL);
  shiftMix(B, Y);
  mul(B, B, K0);
  add(A, A, B);
  add(A, A, Z);
  mix(B, V2, W2, MUL);
  add(B, B, X);
  mix(RESULT, A, B, MUL);
}

// Hash64

const M = word(0xc6a4a793, 0x5bd1e995);

/** TensorFlow's `Hash64` with its usual seed. */
export function hash64(bytes: Uint8Array): Hash64 {
  const {length} = bytes;
  set(A, 0, length);
  mul(A, A, M);
  set(B, 0xde, 0xcafcaffe);
  xor(A, A, B);
  const whole = length & ~7;
  for (let at = 0; at < whole; at += 8) {
    load(B, bytes, at);
    mul(B, B, M);
    shiftMix(B, B);
    mul(B, B, M);
    xor(A, A, B);
    mul(A, A, M);
  }
  if (whole < length) {
    loadTail(B, bytes, whole);
    xor(A, A, B);
    mul(A, A, M);
  }
  shiftMix(A, A);
  mul(A, A, M);
  shiftMix(RESULT, A);
  return result;
}

// SipHash

/** SipHash-2-4 under a key of two unsigned 64-bit words. */
export function sipHash(bytes: Uint8Array, key: readonly [bigint, bigint]): Hash64 {
  const {length} = bytes;
  seedSip(A, key[0], 0x736f6d65, 0x70736575);
  seedSip(B, key[1], 0x646f7261, 0x6e646f6d);
  seedSip(C, key[0], 0x6c796765, 0x6e657261);
  seedSip(D, key[1], 0x74656462, 0x79746573);
  const whole = length & ~7;
  for (let at = 0; at < whole; at += 8) {
    load(E, bytes, at);
    absorb();
  }
  loadTail(E, bytes, whole);
  words[E + 1] = (words[E + 1]! & 0xffffff) | (length << 24);
  absorb();
  set(E, 0, 0xff);
  xor(C, C, E);
  for (let i = 0; i < 4; i++) sipRound();
  xor(A, A, B);
  xor(A, A, C);
  xor(RESULT, A, D);
  return result;
}

function seedSip(to: number, key: bigint, high: number, low: number): void {
  set(to, Number(key >> 32n) ^ high, Number(key & 0xffffffffn) ^ low);
}

function absorb(): void {
  xor(D, D, E);
  sipRound();
  sipRound();
  xor(A, A, E);
}

function sipRound(): void {
  add(A, A, B);
  rotateLeft(B, B, 13);
  xor(B, B, A);
  rotateLeft(A, A, 32);
  add(C, C, D);
  rotateLeft(D, D, 16);
  xor(D, D, C);
  add(A, A, D);
  rotateLeft(D, D, 21);
  xor(D, D, A);
  add(C, C, B);
  rotateLeft(B, B, 17);
  xor(B, B, C);
  rotateLeft(C, C, 32);
}
