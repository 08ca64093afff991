/**
 * Faster matrix products on tfjs's wasm backend, whose fast kernel takes one pair of matrices as they lie in memory:
 * any operand that is to be transposed, and any batch, sends it to a plain loop, which is some ten times slower.
 * Gradients of dense layers and attention are such products. Of matrices without elements neither makes zeros.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../host/tensor.js';
import {replaceKernel} from './kernels.js';
import type {WasmBackend} from './wasm_backend.js';
import {directly, type Run} from './wasm_direct.js';

/** Products of fewer multiplications gain nothing. */
const SMALL = 32_768;

/** Replaces the BatchMatMul kernel by one that brings matrices into the form that the fast kernel takes. */
export function prepareMatMul(): void {
  replaceKernel('wasm', tf.BatchMatMul, (own) => (call) => {
    const {a, b} = call.inputs as {a: tf.TensorInfo; b: tf.TensorInfo};
    const {transposeA, transposeB} = call.attrs as {transposeA: boolean; transposeB: boolean};
    const [rows, inner] = lastTwo(a, transposeA);
    const [, columns] = lastTwo(b, transposeB);
    const batch = sizeOf(a.shape.slice(0, -2));
    const isSingle = batch === 1 && sizeOf(b.shape.slice(0, -2)) === 1;
    const isPlain = !transposeA && !transposeB && isSingle;
    const backend = call.backend as WasmBackend;
    if (sizeOf(a.shape) * sizeOf(b.shape) === 0) return zeros(a, b, [rows, columns], backend);
    if (isPlain || rows * inner * columns < SMALL || a.dtype !== 'float32' || b.dtype !== 'float32') {
      return own(call);
    }
    const multiply: Multiply = (run, left, right) =>
      run(own, {a: left, b: right}, {transposeA: false, transposeB: false});
    if (isSingle) {
      return directly(backend, (run) => multiplyOne(run, multiply, [a, b], [transposeA, transposeB]));
    }
    const isPaired =
      a.shape.slice(0, -2).every((dim, k) => dim === b.shape[k]) && a.shape.length === b.shape.length;
    if (!isPaired) return own(call);
    const out = backend.makeOutput([...a.shape.slice(0, -2), rows, columns], 'float32');
    for (let i = 0; i < batch; i++) {
      const product = directly(backend, (run) => {
        const left = matrixOf(a, i, transposeA, backend, run);
        return multiply(run, left, matrixOf(b, i, transposeB, backend, run));
      });
      const source = backend.typedArrayFromHeap(product);
      backend.typedArrayFromHeap(out).set(source, i * rows * columns);
      backend.disposeData(product.dataId);
    }
    return out;
  });
}

function zeros(
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  matrix: [number, number],
  backend: WasmBackend,
): tf.TensorInfo {
  const [left, right] = [a, b].map(({shape}) => shape.slice(0, -2));
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(left!, right!);
  const out = backend.makeOutput([...batch, ...matrix], a.dtype);
  if (sizeOf(out.shape) > 0) backend.typedArrayFromHeap(out).fill(0);
  return out;
}

type Multiply = (run: Run, left: tf.TensorInfo, right: tf.TensorInfo) => tf.TensorInfo;

/** Rows and columns of a matrix after its transposition. */
function lastTwo({shape}: tf.TensorInfo, isTransposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return isTransposed ? [columns, rows] : [rows, columns];
}

/** One product; where that moves fewer elements, the transposed product of the transposed matrices in reverse order. */
function multiplyOne(
  run: Run,
  multiply: Multiply,
  [a, b]: [tf.TensorInfo, tf.TensorInfo],
  [transposeA, transposeB]: [boolean, boolean],
): tf.TensorInfo {
  const size = lastTwo(a, transposeA)[0] * lastTwo(b, transposeB)[1];
  const turned = (x: tf.TensorInfo, isTurned: boolean) => (isTurned ? transposeLast(x, run) : x);
  const [sizeA, sizeB] = [sizeOf(a.shape), sizeOf(b.shape)];
  const straight = (transposeA ? sizeA : 0) + (transposeB ? sizeB : 0);
  const reversed = (transposeA ? 0 : sizeA) + (transposeB ? 0 : sizeB) + size;
  if (straight <= reversed) return multiply(run, turned(a, transposeA), turned(b, transposeB));
  return transposeLast(multiply(run, turned(b, !transposeB), turned(a, !transposeA)), run);
}

function transposeLast(x: tf.TensorInfo, run: Run): tf.TensorInfo {
  const axes = (x.shape as number[]).map((_, axis) => axis);
  return run(tf.Transpose, {x}, {perm: [...axes.slice(0, -2), axes.length - 1, axes.length - 2]});
}

/** A copy of matrix `i` of a batch, transposed if that is asked for. */
function matrixOf(
  x: tf.TensorInfo,
  i: number,
  isTransposed: boolean,
  backend: WasmBackend,
  run: Run,
): tf.TensorInfo {
  const [height, width] = x.shape.slice(-2) as [number, number];
  const shape = isTransposed ? [width, height] : [height, width];
  const out = run(() => backend.makeOutput([1, ...shape], 'float32'), {});
  const source = backend.typedArrayFromHeap(x).subarray(i * height * width, (i + 1) * height * width);
  const target = backend.typedArrayFromHeap(out);
  if (!isTransposed) target.set(source);
  else {
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++) target[column * height + row] = source[at++]!;
    }
  }
  return out;
}
