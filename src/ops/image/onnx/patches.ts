/**
 * Patches of images as ops of ONNX: what lies under each position of a window.
 *
 * @module
 */

import {sizeOf} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {type OpenWindow, padded} from '../../convolution/onnx/pads.js';
import {taps} from '../../convolution/onnx/taps.js';
import {withRank} from '../../infer_rules.js';
import type {Lower} from '../../lowering.js';
import {patchWindows} from '../plan.js';

/** Larger windows would make too many slices. */
const MOST_TAPS = 64;

export const extractPatches: Lower = ([given], node, to) => {
  const shape = withRank(given!, 4, 'images', node);
  const images = {...given!, shape};
  const windows = patchWindows<number | null>(shape, node);
  const tiles = tiled(images, windows, to);
  if (tiles !== undefined) return tiles;
  if (sizeOf(windows.map(({size}) => size!)) > MOST_TAPS)
    notLowered(`windows have more than ${MOST_TAPS} pixels`);
  const x = padded(images, windows, 1, to.scalar(images.dtype, 0), to);
  return to.op('Concat', taps(x, windows, 1, to), {axis: 3});
};

/** Windows that lie side by side and cover the images are a matter of order; undefined for others. */
function tiled(images: OnnxTensor, windows: readonly OpenWindow[], to: OnnxBuilder): OnnxTensor | undefined {
  const channels = images.shape![3];
  const [rows, columns] = windows as [OpenWindow, OpenWindow];
  const isTile = ({size, stride, dilation, input, output}: OpenWindow) =>
    size === stride && (dilation === 1 || size === 1) && input !== null && input === output! * size!;
  if (channels == null || !windows.every(isTile)) return undefined;
  const [height, width] = [rows.size!, columns.size!];
  const split = to.reshape(images, [-1, rows.output!, height, columns.output!, width, channels]);
  const pixels = to.transpose(split, [0, 1, 3, 2, 4, 5]);
  return to.reshape(pixels, [-1, rows.output!, columns.output!, height * width * channels]);
}
