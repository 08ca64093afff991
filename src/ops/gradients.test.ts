/** Checks, op by op, that gradients are TensorFlow's, or are refused by name. */

import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {HubError} from '../errors.js';
import type {OpFamily} from './kernel.js';
import {kernelOf, OP_FAMILIES} from './registry.js';
import {caseFile, checkGradients, differentiate, type OpCase, useBackend} from './testing/op_cases.js';

const ALL: OpFamily = Object.fromEntries(
  Object.values(OP_FAMILIES)
    .flatMap(Object.keys)
    .map((op) => [op, {kernel: kernelOf(op)!}]),
);

const {cases} = JSON.parse(readFileSync(caseFile('gradients'), 'utf8')) as {cases: OpCase[]};

const titleOf = ({op, inputs}: OpCase): string =>
  `${op}(${inputs.map(({dtype, shape}) => `${dtype}[${shape}]`).join(', ')})`;

/** Throws unless the case has a gradient that is not zero, or refuses to give one. */
function checkRefusal(each: OpCase): void {
  tf.tidy(() => {
    let found: ReturnType<typeof differentiate>;
    try {
      found = differentiate(each, ALL);
    } catch (error) {
      expect(error).toBeInstanceOf(HubError);
      expect((error as Error).message).toContain(each.op);
      return;
    }
    expect(found.some((value) => value?.numeric().some((number) => Number(number) !== 0))).toBe(true);
  });
}

for (const backend of ['cpu', 'wasm']) {
  describe(`gradients on the ${backend} backend`, () => {
    let before = 0;
    beforeAll(async () => {
      await useBackend(backend);
      before = tf.memory().numTensors;
    });
    afterAll(() => expect(tf.memory().numTensors).toBe(before));

    for (const [i, each] of cases.entries()) {
      if (each.undifferentiable) continue;
      it(`of #${i} ${titleOf(each)} are TensorFlow's`, () => checkGradients(each, ALL));
    }
  });

  // tfjs leaves behind what a tape has saved when a gradient fails, so no tensors are counted.
  describe(`gradients that TensorFlow does not have, on the ${backend} backend`, () => {
    beforeAll(() => useBackend(backend));

    for (const [i, each] of cases.entries()) {
      if (!each.undifferentiable) continue;
      it(`of #${i} ${titleOf(each)} are refused, or given all the same`, () => checkRefusal(each));
    }
  });
}
