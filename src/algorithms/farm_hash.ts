/**
 * FarmHash's `Fingerprint64`: the same on every platform and in every version.
 *
 * Strings of up to 16 bytes, which most words are, are hashed in local variables. For longer ones there is a little
 * register machine: a 64-bit word is two halves of an Int32Array, and an instruction names its words by their position.
 *
 * Source: the FarmHash description (`farmhashna`).
 *
 * @module
 */

import type {StringHash} from './string_hash.js';
import {carry, multiplyHigh} from './words64.js';

/** Lower and upper half of the constant that most is multiplied with. */
const K2_LOW = 0x2f90404f;
const K2_HIGH = 0x9ae16a3b | 0;

/** The lower and the upper half of k0. */
const K0_LOW = 0x97cb3127 | 0;
const K0_HIGH = 0xc3a5c85c | 0;

/** FarmHash's `Fingerprint64`. */
export const fingerprint64: StringHash = (view, start, end, into, at) => {
  const length = end - start;
  let uLow: number;
  let uHigh: number;
  let vLow: number;
  let vHigh: number;
  // Adding twice the length to the lower half of k2 carries nothing.
  const mixerLow = (K2_LOW + 2 * length) | 0;
  if (length > 16) {
    fingerprintLong(view, start, length);
    into[at] = words[RESULT]!;
    into[at + 1] = words[RESULT + 1]!;
    return;
  }
  if (length >= 8) {
    const aLow = view.getInt32(start, true);
    const bLow = view.getInt32(end - 8, true);
    const bHigh = view.getInt32(end - 4, true);
    const sLow = (aLow + K2_LOW) | 0;
    const sHigh = (view.getInt32(start + 4, true) + K2_HIGH + carry(aLow, K2_LOW, sLow)) | 0;
    const cLow = (bHigh >>> 5) | (bLow << 27);
    const cHigh = (bLow >>> 5) | (bHigh << 27);
    const pLow = Math.imul(cLow, mixerLow);
    const pHigh = multiplyHigh(cLow, mixerLow) + Math.imul(cLow, K2_HIGH) + Math.imul(cHigh, mixerLow);
    uLow = (pLow + sLow) | 0;
    uHigh = (pHigh + sHigh + carry(pLow, sLow, uLow)) | 0;
    const rLow = (sLow >>> 25) | (sHigh << 7);
    const rHigh = (sHigh >>> 25) | (sLow << 7);
    const dLow = (rLow + bLow) | 0;
    const dHigh = (rHigh + bHigh + carry(rLow, bLow, dLow)) | 0;
    vLow = Math.imul(dLow, mixerLow);
    vHigh = (multiplyHigh(dLow, mixerLow) + Math.imul(dLow, K2_HIGH) + Math.imul(dHigh, mixerLow)) | 0;
  } else if (length >= 4) {
    const first = view.getInt32(start, true);
    const shifted = first << 3;
    uLow = (shifted + length) | 0;
    uHigh = (first >>> 29) + carry(shifted, length, uLow);
    vLow = view.getInt32(end - 4, true);
    vHigh = 0;
  } else if (length > 0) {
    const first = view.getUint8(start) + (view.getUint8(start + (length >> 1)) << 8);
    const last = length + (view.getUint8(end - 1) << 2);
    const low = Math.imul(first, K2_LOW) ^ Math.imul(last, K0_LOW);
    const high =
      (multiplyHigh(first, K2_LOW) + Math.imul(first, K2_HIGH)) ^
      (multiplyHigh(last, K0_LOW) + Math.imul(last, K0_HIGH));
    const shifted = low ^ (high >>> 15);
    into[at] = Math.imul(shifted, K2_LOW);
    into[at + 1] = multiplyHigh(shifted, K2_LOW) + Math.imul(shifted, K2_HIGH) + Math.imul(high, K2_LOW);
    return;
  } else {
    into[at] = K2_LOW;
    into[at + 1] = K2_HIGH;
    return;
  }
  // As `mix`.
  let low = uLow ^ vLow;
  let high = uHigh ^ vHigh;
  high = (multiplyHigh(low, mixerLow) + Math.imul(low, K2_HIGH) + Math.imul(high, mixerLow)) | 0;
  low = Math.imul(low, mixerLow) ^ (high >>> 15) ^ vLow;
  high ^= vHigh;
  high = (multiplyHigh(low, mixerLow) + Math.imul(low, K2_HIGH) + Math.imul(high, mixerLow)) | 0;
  low = Math.imul(low, mixerLow) ^ (high >>> 15);
  into[at + 1] = multiplyHigh(low, mixerLow) + Math.imul(low, K2_HIGH) + Math.imul(high, mixerLow);
  into[at] = Math.imul(low, mixerLow);
};

/** The words. Even positions are low halves; the half after each is its high half. */
const words = new Int32Array(64);

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
  const aLow = words[a]!;
  const bLow = words[b]!;
  const sum = (aLow + bLow) | 0;
  words[to + 1] = words[a + 1]! + words[b + 1]! + carry(aLow, bLow, sum);
  words[to] = sum;
}

/** Adds a non-negative number below 2^32. */
function addNumber(to: number, a: number, n: number): void {
  const aLow = words[a]!;
  const sum = (aLow + n) | 0;
  words[to + 1] = words[a + 1]! + carry(aLow, n, sum);
  words[to] = sum;
}

function xor(to: number, a: number, b: number): void {
  words[to] = words[a]! ^ words[b]!;
  words[to + 1] = words[a + 1]! ^ words[b + 1]!;
}

/** The low 64 bits of a product. */
function mul(to: number, a: number, b: number): void {
  const aLow = words[a]!;
  const bLow = words[b]!;
  words[to + 1] = multiplyHigh(aLow, bLow) + Math.imul(aLow, words[b + 1]!) + Math.imul(words[a + 1]!, bLow);
  words[to] = Math.imul(aLow, bLow);
}

/** Rotates right by `n` bits, 0 < n < 64 and n no multiple of 32. */
function rotateRight(to: number, a: number, n: number): void {
  const low = n < 32 ? words[a]! : words[a + 1]!;
  const high = n < 32 ? words[a + 1]! : words[a]!;
  words[to] = (low >>> n) | (high << -n);
  words[to + 1] = (high >>> n) | (low << -n);
}

/** `a ^ (a >> 47)`. */
function shiftMix(to: number, a: number): void {
  words[to] = words[a]! ^ (words[a + 1]! >>> 15);
  words[to + 1] = words[a + 1]!;
}

/** Eight bytes, the first one lowest. */
function load(to: number, view: DataView, at: number): void {
  words[to] = view.getInt32(at, true);
  words[to + 1] = view.getInt32(at + 4, true);
}

const RESULT = word();

// Constants and names of FarmHash's description.

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

/** Leaves the fingerprint of more than 16 bytes in RESULT. */
function fingerprintLong(view: DataView, start: number, length: number): void {
  if (length <= 32) farm17To32(view, start, length);
  else if (length <= 64) farm33To64(view, start, length);
  else farmLong(view, start, length);
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

/** Leaves `a`, `c` and `a + rotate(b + k2, 18) + c` in A, C and U, and the other sum in D: shared by two lengths. */
function farmEnds(view: DataView, start: number, length: number, first: number): void {
  addNumber(MUL, K2, length * 2);
  load(A, view, start);
  mul(A, A, first);
  load(B, view, start + 8);
  load(C, view, start + length - 8);
  mul(C, C, MUL);
  load(D, view, start + length - 16);
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

function farm17To32(view: DataView, start: number, length: number): void {
  farmEnds(view, start, length, K1);
  mix(RESULT, D, U, MUL);
}

function farm33To64(view: DataView, start: number, length: number): void {
  farmEnds(view, start, length, K2);
  mix(C, D, U, MUL);
  load(E, view, start + 16);
  mul(E, E, MUL);
  load(F, view, start + 24);
  load(G, view, start + length - 32);
  add(G, G, D);
  mul(G, G, MUL);
  load(B, view, start + length - 24);
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
function farmWeak32(to1: number, to2: number, view: DataView, at: number): void {
  load(T, view, at);
  add(A, A, T);
  load(C, view, at + 24);
  add(B, B, A);
  add(B, B, C);
  rotateRight(B, B, 21);
  copy(D, A);
  load(T, view, at + 8);
  add(A, A, T);
  load(T, view, at + 16);
  add(A, A, T);
  rotateRight(T, A, 44);
  add(B, B, T);
  add(to1, A, C);
  add(to2, B, D);
}

/** One round over 64 bytes; the last one scales what it mixes in by 9. */
function farmRound(view: DataView, at: number, mixer: number, last: boolean): void {
  add(X, X, Y);
  add(X, X, V1);
  load(T, view, at + 8);
  add(X, X, T);
  rotateRight(X, X, 37);
  mul(X, X, mixer);
  add(Y, Y, V2);
  load(T, view, at + 48);
  add(Y, Y, T);
  rotateRight(Y, Y, 42);
  mul(Y, Y, mixer);
  timesNineWhen(last, W2);
  xor(X, X, T);
  timesNineWhen(last, V1);
  add(Y, Y, T);
  load(T, view, at + 40);
  add(Y, Y, T);
  add(Z, Z, W1);
  rotateRight(Z, Z, 33);
  mul(Z, Z, mixer);
  mul(A, V2, mixer);
  add(B, X, W1);
  farmWeak32(V1, V2, view, at);
  add(A, Z, W2);
  load(T, view, at + 16);
  add(B, Y, T);
  farmWeak32(W1, W2, view, at + 32);
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

function farmLong(view: DataView, start: number, length: number): void {
  const seed = 81;
  set(X, 0, seed);
  mul(X, X, K2);
  load(T, view, start);
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
  for (let at = 0; at < end; at += 64) farmRound(view, start + at, K1, false);
  addNumber(MUL, K1, (words[Z]! & 0xff) << 1);
  addNumber(W1, W1, (length - 1) & 63);
  add(V1, V1, W1);
  add(W1, W1, V1);
  farmRound(view, start + length - 64, MUL, true);
  mix(A, V1, W1, MUL);
  shiftMix(B, Y);
  mul(B, B, K0);
  add(A, A, B);
  add(A, A, Z);
  mix(B, V2, W2, MUL);
  add(B, B, X);
  mix(RESULT, A, B, MUL);
}
