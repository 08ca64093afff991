/**
 * Boxes that are cut out of images and resized, as ops of ONNX.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {allElementsOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {channelsAtEnd, channelsInFront} from '../../convolution/onnx/layout.js';
import {withRank} from '../../infer_rules.js';
import type {Lower} from '../../lowering.js';
import {roundedUp} from './positions.js';

/** Where crops lie: a row of each of these for each box, the vertical axis first. */
interface Crops {
  /** Position of the first pixel of a crop, and from one to the next. */
  readonly start: OnnxTensor;
  readonly step: OnnxTensor;
  /** The last position of the images, as a vector. */
  readonly last: OnnxTensor;
  readonly size: readonly [number, number];
}

function cropsOf(
  images: OnnxTensor,
  boxes: OnnxTensor,
  size: readonly [number, number],
  to: OnnxBuilder,
): Crops {
  const sizes = to.op('Concat', [to.sizeAlong(images, 1), to.sizeAlong(images, 2)], {axis: 0});
  const one = to.scalar('float32', 1);
  const last = to.op('Sub', [to.cast(sizes, 'float32'), one]);
  const corner = (at: number) => to.op('Slice', [boxes, to.ints([at]), to.ints([at + 2]), to.ints([1])]);
  const [low, high] = [corner(0), corner(2)];
  const span = to.op('Mul', [to.op('Sub', [high, low]), last]);
  const gaps = to.vector(
    'float32',
    size.map((count) => Math.max(1, count - 1)),
  );
  const middle = to.op('Mul', [to.op('Mul', [to.op('Add', [low, high]), to.scalar('float32', 0.5)]), last]);
  // A crop of one pixel has the middle.
  const isSingle = to.vector(
    'bool',
    size.map((count) => Number(count === 1)),
  );
  const pick = (a: OnnxTensor, b: OnnxTensor) => to.op('Where', [isSingle, a, b], {}, {dtype: 'float32'});
  return {
    start: pick(middle, to.op('Mul', [low, last])),
    step: pick(to.scalar('float32', 0), to.op('Div', [span, gaps])),
    last,
    size,
  };
}

/** The positions of a crop along one axis, `[boxes, pixels]`, and whether they lie in the image. */
function positionsAlong({start, step, last, size}: Crops, axis: number, to: OnnxBuilder) {
  const column = (x: OnnxTensor) => to.op('Slice', [x, to.ints([axis]), to.ints([axis + 1]), to.ints([1])]);
  const count = to.vector(
    'float32',
    Array.from({length: size[axis]!}, (_, i) => i),
  );
  const at = to.op('Add', [column(start), to.op('Mul', [column(step), count])]);
  const end = to.op('Slice', [last, to.ints([axis]), to.ints([axis + 1])]);
  const isAbove = to.op('GreaterOrEqual', [at, to.scalar('float32', 0)], {}, {dtype: 'bool'});
  const isBelow = to.op('LessOrEqual', [at, end], {}, {dtype: 'bool'});
  return {at, isInside: to.op('And', [isAbove, isBelow])};
}

/** The image of each box, as int64. What is no image, and boxes that are not finite, make the session throw. */
function ownersOf(images: OnnxTensor, boxes: OnnxTensor, owners: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const index = to.cast(owners, 'int64');
  const nothing = to.op('ReduceSum', [to.op('Mul', [boxes, to.scalar('float32', 0)]), to.ints([1])], {
    keepdims: 0,
  });
  const hasEnds = to.op('Equal', [nothing, to.scalar('float32', 0)], {}, {dtype: 'bool'});
  const isIndex = to.op('GreaterOrEqual', [index, to.scalar('int64', 0)], {}, {dtype: 'bool'});
  const checked = to.op(
    'Where',
    [to.op('And', [hasEnds, isIndex]), index, to.scalar('int64', 2 ** 31 - 1)],
    {},
    {
      dtype: 'int64',
    },
  );
  const count = to.squeeze(to.sizeAlong(images, 0), [0]);
  return to.op('Gather', [to.op('Range', [to.scalar('int64', 0), count, to.scalar('int64', 1)]), checked]);
}

/**
 * ONNX's op has the mean of samples in cells around the pixels: of one sample in each, when cells are as large as steps and start half
 * a step before.
 */
function interpolated(
  images: OnnxTensor,
  {start, step, size}: Crops,
  owners: OnnxTensor,
  to: OnnxBuilder,
): OnnxTensor {
  const half = to.scalar('float32', 0.5);
  const low = to.op('Add', [to.op('Sub', [start, to.op('Mul', [step, half])]), half]);
  const high = to.op('Add', [low, to.op('Mul', [step, to.vector('float32', size)])]);
  // Horizontal before vertical.
  const order = to.ints([1, 0, 3, 2]);
  const cells = to.op('Gather', [to.op('Concat', [low, high], {axis: 1}), order], {axis: 1});
  const [height, width] = size;
  const attrs = {output_height: height, output_width: width, sampling_ratio: 1, mode: 'avg'};
  const y = to.op('RoiAlign', [channelsInFront(images, 4, to), cells, owners], {
    ...attrs,
    coordinate_transformation_mode: 'half_pixel',
  });
  return channelsAtEnd(y, 4, to);
}

/** The pixels that are nearest, `[boxes, height, width, channels]`. */
function nearest(
  images: OnnxTensor,
  positions: readonly OnnxTensor[],
  isInside: OnnxTensor,
  owners: OnnxTensor,
  to: OnnxBuilder,
): OnnxTensor {
  const shape = to.op('Shape', [isInside], {}, {dtype: 'int64'});
  const pixel = (at: OnnxTensor) => to.cast(roundedUp(at, to.op('Floor', [at]), to), 'int64');
  const [row, column] = positions.map(pixel);
  const parts = [to.unsqueeze(owners, [1, 2]), to.unsqueeze(row!, [2]), to.unsqueeze(column!, [1])];
  const indices = parts.map((part) => {
    const all = to.op('Expand', [part, shape]);
    return to.unsqueeze(to.op('Where', [isInside, all, to.scalar('int64', 0)], {}, {dtype: 'int64'}), [3]);
  });
  return to.op('GatherND', [images, to.op('Concat', indices, {axis: 3})]);
}

function checkShapes(boxes: OnnxTensor, owners: OnnxTensor, node: OpNode): void {
  const [count, sides] = withRank(boxes, 2, 'boxes', node);
  const [owned] = withRank(owners, 1, 'box_index', node);
  if (sides !== 4) notLowered('boxes are not known to have four sides');
  // ONNX would stretch one owner to all boxes where those are gathered.
  if (node.attrs.string('method') === 'nearest' && (count !== owned || count === null))
    notLowered('the number of boxes is not known');
}

export const cropAndResize: Lower = ([given, boxes, boxIndex, cropSize], node, to) => {
  const {attrs} = node;
  const size = allElementsOf(cropSize) ?? notLowered('crop_size is not known');
  if (size.length !== 2 || size.some((each) => each <= 0))
    notLowered('crop_size is not two positive numbers');
  checkShapes(boxes!, boxIndex!, node);
  const shape = withRank(given!, 4, 'images', node);
  const images = {...to.cast(given!, 'float32'), shape};
  const owners = ownersOf(images, boxes!, boxIndex!, to);
  const crops = cropsOf(images, boxes!, size as [number, number], to);
  const [rows, columns] = [positionsAlong(crops, 0, to), positionsAlong(crops, 1, to)];
  const isInside = to.op('And', [to.unsqueeze(rows.isInside, [2]), to.unsqueeze(columns.isInside, [1])]);
  const y =
    attrs.string('method') === 'nearest'
      ? nearest(images, [rows.at, columns.at], isInside, owners, to)
      : interpolated(images, crops, owners, to);
  const outside = to.scalar('float32', attrs.float('extrapolation_value'));
  return to.op('Where', [to.unsqueeze(isInside, [3]), y, outside], {}, {dtype: 'float32'});
};
