/**
 * A repair of the wasm backend: its views of the heap.
 *
 * @module
 */

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
