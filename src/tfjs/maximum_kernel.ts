/**
 * The gradient of maximum pooling as a loop, for the cpu and the wasm backend. Of equal maxima the first one gets it, as
 * in TensorFlow; tfjs's own kernels for it choose the last one, and miss negative maxima on wasm.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type MemoryBackend, makeTensor} from './backend_memory.js';

/** A window along one axis of an image: how far it reaches, and of what size input and output are. */
interface WindowAxis {
  readonly size: number;
  readonly stride: number;
  readonly before: number;
  readonly input: number;
  readonly output: number;
}

type Plane = readonly [WindowAxis, WindowAxis];

/** Takes `dy` and `x`, both with the channels last, and the windows as the attribute `plane`. */
export const FIRST_MAXIMUM_GRAD = 'FirstMaximumGrad';

/** Registers the kernel for a backend whose memory can be seen. */
export function registerMaximumKernel(backendName: string): void {
  if (backendName !== 'cpu' && backendName !== 'wasm') return;
  tf.registerKernel({
    kernelName: FIRST_MAXIMUM_GRAD,
    backendName,
    kernelFunc: ({inputs, attrs, backend}) => {
      const {dy, x} = inputs as {dy: tf.TensorInfo; x: tf.TensorInfo};
      const {plane} = attrs as unknown as {plane: Plane};
      return makeTensor(backend as MemoryBackend, [dy, x], x.shape, 'float32', (out, gradients, values) => {
        out.fill(0 as never);
        const channels = x.shape[3]!;
        scatter(out as Float32Array, gradients as Float32Array, values as Float32Array, plane, channels);
      });
    },
  });
}

/** Adds each gradient where the first of the largest elements of its window is. */
function scatter(
  out: Float32Array,
  gradients: Float32Array,
  values: Float32Array,
  [h, w]: Plane,
  channels: number,
): void {
  const images = values.length / (h.input * w.input * channels);
  const best = new Float32Array(channels);
  const where = new Int32Array(channels);
  let next = 0;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < h.output; row++) {
      const top = Math.max(0, row * h.stride - h.before);
      const bottom = Math.min(h.input, row * h.stride - h.before + h.size);
      for (let column = 0; column < w.output; column++) {
        const left = Math.max(0, column * w.stride - w.before);
        const right = Math.min(w.input, column * w.stride - w.before + w.size);
        if (top >= bottom || left >= right) {
          next += channels;
          continue;
        }
        const first = ((image * h.input + top) * w.input + left) * channels;
        for (let c = 0; c < channels; c++) {
          best[c] = values[first + c]!;
          where[c] = first + c;
        }
        for (let y = top; y < bottom; y++) {
          let at = ((image * h.input + y) * w.input + left) * channels;
          for (let x = left; x < right; x++) {
            for (let c = 0; c < channels; c++, at++) {
              const value = values[at]!;
              if (value > best[c]!) {
                best[c] = value;
                where[c] = at;
              }
            }
          }
        }
        for (let c = 0; c < channels; c++, next++) {
          out[where[c]!]! += gradients[next]!;
        }
      }
    }
  }
}
