/**
 * Which pixels of an axis make those of the resized axis, in TensorFlow's single precision: as constants where sizes are known, else
 * computed by the session.
 *
 * @module
 */

import {bilinear, type Grid, nearestPixel} from '../../../algorithms/resampling.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';

/** An axis of images that is resized: its sizes, null where they are not known, and as vectors of one int64. */
export interface ResizedAxis {
  readonly input: number | null;
  readonly output: number | null;
  readonly inputSize: OnnxTensor;
  readonly outputSize: OnnxTensor;
}

/** For each output pixel, the two that it lies between, and how far it is from the first. */
export interface Neighbours {
  readonly lower: OnnxTensor;
  readonly upper: OnnxTensor;
  readonly fraction: OnnxTensor;
}

const float = (value: number, to: OnnxBuilder): OnnxTensor => to.scalar('float32', value);

/** The index of each output pixel times the input pixels that it covers, in float32. */
function scaledIndices(axis: ResizedAxis, grid: Grid, to: OnnxBuilder): OnnxTensor {
  const scalar = (x: OnnxTensor) => to.squeeze(x, [0]);
  const count = scalar(axis.outputSize);
  const [input, output] = [to.cast(scalar(axis.inputSize), 'float32'), to.cast(count, 'float32')];
  const indices = to.op('Range', [to.scalar('int64', 0), count, to.scalar('int64', 1)]);
  const at = to.cast(indices, 'float32');
  const centre = grid.halfPixelCenters ? to.op('Add', [at, float(0.5, to)]) : at;
  return to.op('Mul', [centre, scaleOf(input, output, grid, to)]);
}

function scaleOf(input: OnnxTensor, output: OnnxTensor, grid: Grid, to: OnnxBuilder): OnnxTensor {
  const whole = to.op('Div', [input, output]);
  if (!grid.alignCorners) return whole;
  const one = float(1, to);
  const between = to.op('Div', [to.op('Sub', [input, one]), to.op('Sub', [output, one])]);
  return to.op(
    'Where',
    [to.op('Greater', [output, one], {}, {dtype: 'bool'}), between, whole],
    {},
    {dtype: 'float32'},
  );
}

/** The last index of the axis, in float32. */
const lastOf = ({inputSize}: ResizedAxis, to: OnnxBuilder): OnnxTensor =>
  to.op('Sub', [to.cast(inputSize, 'float32'), float(1, to)]);

/** The nearest input pixel of each output pixel. */
export function nearestPixels(axis: ResizedAxis, grid: Grid, to: OnnxBuilder): OnnxTensor {
  const {input, output} = axis;
  if (input !== null && output !== null)
    return to.ints(Array.from({length: output}, (_, i) => nearestPixel(i, input, output, grid)));
  const at = scaledIndices(axis, grid, to);
  const below = to.op('Floor', [at]);
  const pixel = grid.alignCorners ? roundedUp(at, below, to) : below;
  return to.cast(to.op('Min', [pixel, lastOf(axis, to)]), 'int64');
}

/** What is halfway between two numbers goes to the greater one. */
export function roundedUp(x: OnnxTensor, below: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const isUp = to.op('GreaterOrEqual', [to.op('Sub', [x, below]), float(0.5, to)], {}, {dtype: 'bool'});
  return to.op('Where', [isUp, to.op('Add', [below, float(1, to)]), below], {}, {dtype: 'float32'});
}

/** The neighbours of each output pixel. */
export function neighbours(axis: ResizedAxis, grid: Grid, to: OnnxBuilder): Neighbours {
  const {input, output} = axis;
  if (input !== null && output !== null) {
    const pairs = neighboursKnown(input, output, grid);
    return {
      lower: to.ints(pairs.map(({lower}) => lower)),
      upper: to.ints(pairs.map(({upper}) => upper)),
      fraction: to.vector(
        'float32',
        pairs.map(({fraction}) => fraction),
      ),
    };
  }
  const scaled = scaledIndices(axis, grid, to);
  const at = grid.halfPixelCenters ? to.op('Sub', [scaled, float(0.5, to)]) : scaled;
  const below = to.op('Floor', [at]);
  const last = lastOf(axis, to);
  const inside = (x: OnnxTensor) => to.cast(to.op('Min', [to.op('Max', [x, float(0, to)]), last]), 'int64');
  return {lower: inside(below), upper: inside(to.op('Ceil', [at])), fraction: to.op('Sub', [at, below])};
}

interface Pair {
  readonly lower: number;
  readonly upper: number;
  readonly fraction: number;
}

/** {@link neighbours} of sizes that are known. */
export function neighboursKnown(input: number, output: number, grid: Grid): readonly Pair[] {
  const reads: [at: number, weight: number][] = [];
  bilinear(input, output, grid, (_, at, weight) => reads.push([at, weight]));
  return Array.from({length: output}, (_, i) => {
    const [[lower], [upper, fraction]] = reads.slice(2 * i, 2 * i + 2) as [
      [number, number],
      [number, number],
    ];
    return {lower, upper, fraction};
  });
}
