/**
 * Ops of TensorFlow 1 savers, which restore variables inside the graph. (Saving is the writer's work, not a graph's.)
 *
 * @module
 */

import type {Kernel, OpFamily} from '../kernel.js';

const restore: Kernel = ([prefix, names, slices], ctx) => {
  const path = prefix!.string();
  const shapesAndSlices = slices!.strings();
  return names!
    .strings()
    .toArray()
    .map((name, i) => ctx.session.restore(path, name, shapesAndSlices.at(i)));
};

/** Reading a checkpoint. */
export const checkpoint: OpFamily = {RestoreV2: {kernel: restore}};
