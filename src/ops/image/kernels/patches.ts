/**
 * Patches of images: what lies under each position of a window.
 *
 * @module
 */

import {allocateObjects} from '../../../host/tensor.js';
import {concat, pad, stridedSlice} from '../../../tensors/movement.js';
import {VALUE_BYTES} from '../../../tensors/value.js';
import {roomForWindow} from '../../convolution/kernels/taps.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {checkRank} from '../../node.js';
import {patchWindows} from '../plan.js';

/** The pixels under each position of a window, side by side in the channels. */
const extractPatches: Kernel = ([images], ctx) => {
  checkRank(images!.shape, 4, 'images', ctx);
  const [h, w] = patchWindows(images!.shape, ctx);
  roomForWindow([h!.size, w!.size]);
  const padded = pad(images!, [0, h!.before, w!.before, 0], [0, h!.after, w!.after, 0]);
  const [batch, channels] = [images!.shape[0]!, images!.shape[3]!];
  const patches = allocateObjects(h!.size * w!.size, 0, VALUE_BYTES).map((_, k) => {
    const begin = [0, Math.floor(k / w!.size) * h!.dilation, (k % w!.size) * w!.dilation, 0];
    return stridedSlice(padded, begin, [batch, h!.output, w!.output, channels], [1, h!.stride, w!.stride, 1]);
  });
  return concat(patches, 3);
};

/** Patches. */
export const imagePatches: OpFamily = {ExtractImagePatches: {kernel: extractPatches}};
