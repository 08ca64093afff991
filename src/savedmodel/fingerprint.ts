/**
 * `fingerprint.pb`: hashes by which a SavedModel can be told from others.
 *
 * Source: `tensorflow/core/protobuf/fingerprint.proto`, `tensorflow/cc/saved_model/fingerprinting.cc`.
 *
 * @module
 */

import {fingerprint64} from '../algorithms/farm_hash.js';
import {hashOf} from '../algorithms/string_hash.js';
import {encodeUtf8} from '../algorithms/utf8.js';
import {
  encodeMessage,
  FingerprintDef,
  GraphDef,
  type MetaGraphDef,
  makeMessage,
  SavedConcreteFunction,
  type SavedObjectGraph,
  SignatureDef,
} from '../proto/index.js';

/** Version of the fingerprint's format. */
const VERSION = {producer: 1, minConsumer: 0, badConsumers: []};

/**
 * The fingerprint of a model.
 *
 * @param model - `saved_model.pb`
 * @param checkpointIndex - the index of its checkpoint
 */
export function fingerprint(
  model: Uint8Array,
  {graphDef, signatureDef, objectGraphDef}: MetaGraphDef,
  checkpointIndex: Uint8Array | undefined,
): FingerprintDef {
  return makeMessage(FingerprintDef, {
    savedModelChecksum: hash(model),
    // TensorFlow leaves out what differs between equal programs before it hashes; here the graph is hashed as it is.
    graphDefProgramHash: graphDef === undefined ? 0n : hash(encodeMessage(GraphDef, graphDef)),
    signatureDefHash: hashSignatures(signatureDef),
    savedObjectGraphHash: objectGraphDef === undefined ? 0n : hashObjectGraph(objectGraphDef),
    checkpointHash: checkpointIndex === undefined ? 0n : hash(checkpointIndex),
    version: VERSION,
    uuid: randomUuid(),
  });
}

/** A random UUID (version 4). `crypto.randomUUID` is missing on pages that were not loaded securely. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function hash(bytes: Uint8Array | string): bigint {
  return hashOf(fingerprint64, typeof bytes === 'string' ? encodeUtf8(bytes) : bytes);
}

function hashSignatures(signatures: ReadonlyMap<string, SignatureDef>): bigint {
  let result = 0n;
  for (const [name, signature] of [...signatures].sort(byKey)) {
    result = concatenate(result, hash(name));
    result = concatenate(result, hash(encodeMessage(SignatureDef, sorted(signature))));
  }
  return result;
}

/** Functions in the order of the numbers that their names end in. */
function hashObjectGraph({concreteFunctions}: SavedObjectGraph): bigint {
  const byUid = new Map<number, readonly [string, SavedConcreteFunction]>();
  for (const each of concreteFunctions) {
    const uid = /\d+$/.exec(each[0])?.[0];
    if (uid !== undefined) byUid.set(Number(uid), each);
  }
  let result = 0n;
  for (const [uid, [name, saved]] of [...byUid].sort(([a], [b]) => a - b)) {
    result = concatenate(result, hash(name.slice(0, -String(uid).length)));
    result = concatenate(result, hash(encodeMessage(SavedConcreteFunction, saved)));
  }
  return result;
}

/** Maps have no order of their own; what is hashed has that of their keys. */
function sorted(signature: SignatureDef): SignatureDef {
  return {
    ...signature,
    inputs: new Map([...signature.inputs].sort(byKey)),
    outputs: new Map([...signature.outputs].sort(byKey)),
    defaults: new Map([...signature.defaults].sort(byKey)),
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const MULTIPLIER = 0xc6a4a7935bd1e995n;
const MASK = 2n ** 64n - 1n;

/** `FingerprintCat64` of `tsl/platform/fingerprint.h`. */
function concatenate(a: bigint, b: bigint): bigint {
  let result = (a ^ MULTIPLIER) & MASK;
  result ^= (shiftMix((b * MULTIPLIER) & MASK) * MULTIPLIER) & MASK;
  result = (result * MULTIPLIER) & MASK;
  result = (shiftMix(result) * MULTIPLIER) & MASK;
  return shiftMix(result);
}

function shiftMix(value: bigint): bigint {
  return value ^ (value >> 47n);
}
