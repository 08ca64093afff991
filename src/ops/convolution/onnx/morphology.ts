/**
 * Grey-scale dilation as ops of ONNX.
 *
 * @module
 */

import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import {onlyFor} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {spatialOf, windowsOf} from '../plan.js';
import {padded} from './pads.js';
import {taps} from './taps.js';

/** Larger filters would make too many ops. */
const MOST_TAPS = 64;

/** The least float32, which TensorFlow starts from. */
const LOWEST = -3.4028234663852886e38;

export const dilation2d: Lower = ([input, filter], node, to) => {
  onlyFor(input!, 'float32');
  const shape = withRank(input!, 4, 'the input', node);
  const sizes = withRank(filter!, 3, 'the filter', node);
  const [height, width] = sizes;
  if (height == null || width == null || height * width > MOST_TAPS)
    return notLowered(`the filter is not known to have at most ${MOST_TAPS} elements`);
  const windows = windowsOf<number | null>(
    {
      inputs: shape.slice(1, -1),
      sizes: [height, width],
      strides: spatialOf(node.attrs.ints('strides'), false),
      dilations: spatialOf(node.attrs.ints('rates'), false),
    },
    node,
  );
  // To TensorFlow, what is not a number is never the largest.
  const isNone = to.op('IsNaN', [input], {}, {dtype: 'bool'});
  const numbers = to.op(
    'Where',
    [isNone, to.scalar('float32', -Infinity), input],
    {},
    {dtype: 'float32', shape},
  );
  const x = padded(numbers, windows, 1, to.scalar('float32', -Infinity), to);
  const heights = taps(x, windows, 1, to).map((tap, k) => {
    const [row, column] = [Math.floor(k / width), k % width];
    const weights = to.op('Slice', [
      filter,
      to.ints([row, column]),
      to.ints([row + 1, column + 1]),
      to.ints([0, 1]),
    ]);
    return to.op('Add', [tap, weights]);
  });
  return to.op('Max', [to.scalar('float32', LOWEST), ...heights]);
};
