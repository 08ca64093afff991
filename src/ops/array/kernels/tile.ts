/**
 * Ops that repeat: Tile and BroadcastTo.
 *
 * @module
 */

import {broadcastTo, tile} from '../../../tensors/movement.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {shapeOperand} from '../../sizes.js';
import {checkBroadcast, tiledShape} from '../plan.js';

const tileKernel: Kernel = ([x, multiples], ctx) => {
  const repeats = multiples!.numbers();
  tiledShape(x!.shape, repeats, ctx);
  return tile(x!, repeats);
};

const broadcastKernel: Kernel = ([x, shape], ctx) => {
  const target = shapeOperand(shape!, ctx);
  checkBroadcast(x!.shape, target, ctx);
  return broadcastTo(x!, target);
};

/** Ops that repeat. */
export const tileOps: OpFamily = {
  Tile: {kernel: tileKernel},
  BroadcastTo: {kernel: broadcastKernel},
};
