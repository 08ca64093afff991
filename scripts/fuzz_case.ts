/**
 * One damaged model: which fixture, and what is done to it, follows from a seed and a number.
 *
 * @module
 */

import {readdirSync} from 'node:fs';
import {OP_FAMILIES} from '../src/ops/registry.js';
import {mutate, Random} from '../src/proto/testing/mutate.js';
import {type Files, fixtureFiles, MODELS} from '../src/savedmodel/testing/fixtures.js';

const MODEL_FILE = 'saved_model.pb';

/** Larger models take long and hold nothing that the others do not. */
const MAX_BYTES = 120_000;

/** A model to try. */
export interface FuzzCase {
  readonly fixture: string;
  readonly files: Files;
  /** What was done to it. */
  readonly what: string;
  readonly verifyChecksums: boolean;
}

const fixtures = readdirSync(MODELS, {withFileTypes: true})
  .filter((entry) => entry.isDirectory())
  .map(({name}) => ({name, files: fixtureFiles(name)}))
  .filter(({files}) => files[MODEL_FILE] !== undefined && files[MODEL_FILE].length < MAX_BYTES);

const ops = Object.values(OP_FAMILIES).flatMap((family) => Object.keys(family));

/** The model with this number. */
export function fuzzCase(seed: number, number: number): FuzzCase {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const {name, files} = random.pick(fixtures);
  let damaged = files;
  const done: string[] = [];
  const changes = random.pick([1, 1, 1, 2, 3, 5]);
  for (let i = 0; i < changes; i++) {
    // The graph is where most can be wrong; the other files have checksums, or no structure.
    const path = random.next() < 0.9 ? MODEL_FILE : random.pick(Object.keys(files));
    const bytes = damaged[path]!;
    const {bytes: changed, what} =
      path === MODEL_FILE ? mutate(bytes, 'tensorflow.SavedModel', random, ops) : changeByte(bytes, random);
    damaged = {...damaged, [path]: changed};
    done.push(`${path}: ${what}`);
  }
  return {fixture: name, files: damaged, what: done.join('; '), verifyChecksums: random.next() < 0.5};
}

function changeByte(bytes: Uint8Array, random: Random): {bytes: Uint8Array; what: string} {
  if (random.next() < 0.2) {
    const length = random.below(bytes.length + 1);
    return {bytes: bytes.subarray(0, length), what: `cut to ${length} bytes`};
  }
  const copy = bytes.slice();
  const at = random.below(Math.max(1, bytes.length));
  copy[at] = random.below(256);
  return {bytes: copy, what: `byte ${at} to ${copy[at]}`};
}
