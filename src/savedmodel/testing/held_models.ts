/**
 * Models that a file of tests loads once and for all: they are disposed of after its last test.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {afterAll} from 'vitest';
import type {CallableObject, LoadedObject} from '../load/loaded_object.js';
import {loadFixture} from './fixtures.js';

const held: LoadedObject[] = [];

afterAll(() => {
  for (const each of held.splice(0)) each.dispose();
});

/** Has a model disposed of after the last test of the file. */
export function hold<T extends LoadedObject>(loaded: T): T {
  held.push(loaded);
  return loaded;
}

/** Loads a fixture, to be disposed of after the last test of the file. */
export async function heldFixture<T = object>(name: string): Promise<T & CallableObject> {
  return hold(await loadFixture<T>(name));
}

/** Values of a result as nested arrays; the result is disposed of. */
export function valuesOf(result: unknown): unknown {
  const tensor = result as tf.Tensor;
  const array = tensor.arraySync();
  tensor.dispose();
  return array;
}
