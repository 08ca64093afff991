/**
 * Windows of a volume, laid out along the last dimension.
 *
 * @module
 */

import {stridesOf} from '../../../host/shape.js';
import {int32Array, sizeOf} from '../../../host/tensor.js';
import {NO_ROW, takeRows} from '../../../tensors/rows.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {volumeWindows} from '../plan.js';

const volumePatches: Kernel = ([x], ctx) => {
  const {sizes, steps, counts, lead, shape} = volumeWindows(x!.shape, ctx);
  const spatial = x!.shape.slice(1, -1);
  const windows = stridesOf([...counts, ...sizes]);
  const origin = stridesOf(spatial);
  const perVolume = sizeOf(counts) * sizeOf(sizes);
  const index = int32Array(x!.shape[0]! * perVolume, (i) => {
    let row = Math.floor(i / perVolume) * sizeOf(spatial);
    for (let k = 0; k < 3; k++) {
      const window = Math.floor((i % perVolume) / windows[k]!) % counts[k]!;
      const within = Math.floor((i % perVolume) / windows[3 + k]!) % sizes[k]!;
      const at = window * steps[k]! + within - lead[k]!;
      if (at < 0 || at >= spatial[k]!) return NO_ROW;
      row += at * origin[k]!;
    }
    return row;
  });
  return takeRows(x!, x!.shape.at(-1)!, index, shape);
};

/** Windows of volumes. */
export const patchOps: OpFamily = {ExtractVolumePatches: {kernel: volumePatches}};
