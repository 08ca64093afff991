/**
 * Views of the wasm backend's heap: a repair of them, and a use.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type WasmBackend, wasmBackend} from './wasm_backend.js';

/**
 * Makes the backend bring data that another backend holds into its heap before it looks at the heap. It does so while it
 * looks (tfjs 4.22), and when the heap has to grow for it, the view is of memory that is no more: an error for the first
 * large variable that is copied or reshaped.
 */
export function moveBeforeView(): void {
  const backend = wasmBackend();
  if (backend === undefined) return;
  const view = backend.typedArrayFromHeap;
  backend.typedArrayFromHeap = function (this: WasmBackend, info) {
    this.dataIdMap.get(info.dataId);
    return view.call(this, info);
  };
}

/**
 * The elements of a tensor as they lie in the backend's heap, without a copy: good until anything else is asked of tfjs, and not to be changed. Undefined
 * where another backend has them, or where threads share the heap.
 */
export function heapView(tensor: tf.Tensor): tf.TypedArray | undefined {
  const backend = wasmBackend();
  if (backend === undefined || tf.engine().state.tensorInfo.get(tensor.dataId)?.backend !== backend)
    return undefined;
  const view = backend.typedArrayFromHeap(tensor);
  return view.buffer instanceof ArrayBuffer ? view : undefined;
}

/**
 * A float32 tensor in the backend's heap whose elements `fill` writes there, over zeros: nothing is copied. It must ask nothing of tfjs meanwhile. Undefined
 * where another backend is active, or where threads share the heap.
 */
export function filledInHeap(
  shape: readonly number[],
  fill: (elements: Float32Array) => void,
): tf.Tensor | undefined {
  const backend = wasmBackend();
  if (backend === undefined || tf.engine().backend !== backend) return undefined;
  const {dataId} = backend.makeOutput([...shape], 'float32');
  const tensor = tf.engine().makeTensorFromDataId(dataId, [...shape], 'float32', backend);
  const elements = heapView(tensor) as Float32Array | undefined;
  let isFilled = false;
  try {
    if (elements === undefined) return undefined;
    fill(elements.fill(0));
    isFilled = true;
    return tensor;
  } finally {
    if (!isFilled) tensor.dispose();
  }
}
