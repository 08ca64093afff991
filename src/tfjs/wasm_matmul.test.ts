/** Checks the matrix products of the wasm backend, in every form, against sums of products. */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {completeBackend} from './backend_kernels.js';
import {quietCpuBackend} from './cpu_backend.js';

const at = (i: number, j: number, k: number) => Math.sin(i * 7 + j * 3 + k);

/** `[batch, rows, columns]`, or its matrices transposed. */
function operand(batch: number, rows: number, columns: number, isTransposed: boolean): tf.Tensor3D {
  const shape = isTransposed ? [batch, columns, rows] : [batch, rows, columns];
  const values = new Float32Array(batch * rows * columns);
  for (let i = 0, n = 0; i < batch; i++) {
    for (let j = 0; j < shape[1]!; j++) {
      for (let k = 0; k < shape[2]!; k++) values[n++] = isTransposed ? at(i, k, j) : at(i, j, k);
    }
  }
  return tf.tensor3d(values, shape as [number, number, number]);
}

describe('matrix products on the wasm backend', () => {
  beforeAll(async () => {
    await quietCpuBackend();
    await tf.setBackend('wasm');
    completeBackend('wasm');
  });

  for (const [batch, rows, inner, columns] of [
    [1, 40, 50, 60],
    [1, 4, 200, 300],
    [1, 300, 200, 3],
    [3, 40, 30, 50],
    [2, 3, 4, 5],
  ] as const) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        it(`of ${batch} times [${rows}, ${inner}] and [${inner}, ${columns}], transposed: ${transposeA}, ${transposeB}`, () => {
          const before = tf.memory().numTensors;
          const product = tf.tidy(() =>
            tf
              .matMul(
                operand(batch, rows, inner, transposeA),
                operand(batch, inner, columns, transposeB),
                transposeA,
                transposeB,
              )
              .arraySync(),
          ) as number[][][];
          expect([product.length, product[0]!.length, product[0]![0]!.length]).toEqual([
            batch,
            rows,
            columns,
          ]);
          for (const [i, j, k] of [
            [0, 0, 0],
            [batch - 1, 1, 2],
            [batch - 1, rows - 1, columns - 1],
          ] as const) {
            let expected = 0;
            for (let m = 0; m < inner; m++) expected += at(i, j, m) * at(i, m, k);
            expect(product[i]![j]![k]).toBeCloseTo(expected, 3);
          }
          expect(tf.memory().numTensors).toBe(before);
        });
      }
    }
  }

  it('takes a batch that is shared', () => {
    const product = tf.tidy(() =>
      tf.matMul(tf.ones([3, 40, 40]), tf.ones([1, 40, 40]) as tf.Tensor3D).dataSync(),
    );
    expect(product.length).toBe(3 * 40 * 40);
    expect(product.every((value) => value === 40)).toBe(true);
  });
});
