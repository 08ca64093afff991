/**
 * Averages of tfjs's wasm backend where its kernel for them fails: for a window of many elements XNNPACK keeps an
 * accumulator for each channel on the stack, which has room for fewer than 16,384 and no guard, so that the whole backend
 * is lost; it turns what is no number into the smallest one; and it complains of images without elements.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../host/tensor.js';
import {replaceKernel} from './kernels.js';
import type {WasmBackend} from './wasm_backend.js';

/** Elements of a window that are added without accumulators, and channels whose accumulators take half of the stack. */
const UNBUFFERED = 7;
const MANY_CHANNELS = 8192;

/** Replaces the AvgPool kernel by one that leaves such calls to `fallback`. */
export function guardAverages(fallback: tf.KernelFunc): void {
  replaceKernel('wasm', tf.AvgPool, (own) => (call) => {
    const x = call.inputs.x!;
    const {filterSize} = call.attrs as {filterSize: number | [number, number]};
    const [height, width] = typeof filterSize === 'number' ? [filterSize, filterSize] : filterSize;
    const isBuffered = height * width > UNBUFFERED;
    if ((isBuffered && x.shape[3]! > MANY_CHANNELS) || sizeOf(x.shape) === 0) return fallback(call);
    const out = own(call) as tf.TensorInfo;
    const backend = call.backend as WasmBackend;
    if (!backend.typedArrayFromHeap(out).includes(-Infinity)) return out;
    backend.disposeData(out.dataId);
    return fallback(call);
  });
}
