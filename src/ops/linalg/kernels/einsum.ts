/**
 * Einstein summation: any equation of one or two operands becomes transpositions and one matrix product.
 *
 * @module
 */

import {stridesOf} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {transpose} from '../../../tensors/movement.js';
import {stridedPositions, takeElements} from '../../../tensors/rearrange.js';
import {Value} from '../../../tensors/value.js';
import {type Kernel, type KernelContext, type OpFamily, runWithin} from '../../kernel.js';
import {unsupported} from '../../node.js';
import {reductions} from '../../reduction/kernels/reduce.js';
import {einsumPlan} from '../plan.js';
import {multiplyMatrices} from './matmul.js';

/** A value whose axes have names. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/** Takes the diagonal where an operand names an axis more than once. */
function takeDiagonal({value, labels}: Labelled): Labelled {
  const unique = [...new Set(labels)];
  if (unique.length === labels.length) return {value, labels};
  const strides = stridesOf(value.shape);
  const steps = unique.map((label) =>
    labels.reduce((sum, each, axis) => (each === label ? sum + strides[axis]! : sum), 0),
  );
  const shape = unique.map((label) => value.shape[labels.indexOf(label)]!);
  return {value: takeElements(value, stridedPositions(shape, steps), shape), labels: unique};
}

/** Drops axes of one element that are broadcast against larger ones. */
function dropBroadcast({value, labels}: Labelled, sizes: ReadonlyMap<string, number>): Labelled {
  const kept = labels.flatMap((label, axis) => (value.shape[axis] === sizes.get(label) ? [axis] : []));
  if (kept.length === labels.length) return {value, labels};
  return {
    value: value.reshape(kept.map((axis) => value.shape[axis]!)),
    labels: kept.map((axis) => labels[axis]!),
  };
}

/** Sums over the axes that are wanted no more. */
function sumOut({value, labels}: Labelled, wanted: ReadonlySet<string>, ctx: KernelContext): Labelled {
  const axes = labels.flatMap((label, axis) => (wanted.has(label) ? [] : [axis]));
  if (axes.length === 0) return {value, labels};
  const summed = runWithin(ctx, reductions, 'Sum', [value, Value.vector('int32', axes)], {
    keep_dims: {type: 'bool', value: false},
  });
  return {value: summed, labels: labels.filter((label) => wanted.has(label))};
}

/** The product of two operands, summed over the axes that only they share. */
function contract(x: Labelled, y: Labelled, output: readonly string[], ctx: KernelContext): Labelled {
  const [inX, inY, inOutput] = [x, y, {labels: output}].map(({labels}) => new Set(labels)) as [
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  const batch = output.filter((label) => inX.has(label) && inY.has(label));
  const summed = x.labels.filter((label) => inY.has(label) && !inOutput.has(label));
  const freeX = output.filter((label) => inX.has(label) && !inY.has(label));
  const freeY = output.filter((label) => inY.has(label) && !inX.has(label));
  // In this order the rows of the product come before its columns in the output, which then needs no transposition.
  if (freeX.length > 0 && freeY.length > 0 && output.indexOf(freeY[0]!) < output.indexOf(freeX[0]!)) {
    return contract(y, x, output, ctx);
  }
  const left = asMatrices(x, batch, freeX, summed);
  const right = asMatrices(y, batch, summed, freeY);
  const product = multiplyMatrices(
    {
      x: left.matrices,
      y: right.matrices,
      orientX: {transposed: left.transposed},
      orientY: {transposed: right.transposed},
      dtype: x.value.dtype,
    },
    ctx,
  );
  const labels = [...batch, ...freeX, ...freeY];
  const sizeOfLabel = (label: string): number => {
    const from = inX.has(label) ? x : y;
    return from.value.shape[from.labels.indexOf(label)]!;
  };
  return {value: product.reshape(labels.map(sizeOfLabel)), labels};
}

/** An operand as a batch of matrices, `transposed` where that saves moving its elements. */
function asMatrices(
  operand: Labelled,
  batch: readonly string[],
  rows: readonly string[],
  columns: readonly string[],
): {matrices: Value; transposed: boolean} {
  const {value, labels} = operand;
  const transposed = sameLabels(labels, [...batch, ...columns, ...rows]);
  const order = transposed ? [...batch, ...columns, ...rows] : [...batch, ...rows, ...columns];
  const size = (group: readonly string[]): number =>
    sizeOf(group.map((label) => value.shape[labels.indexOf(label)]!));
  const matrix = transposed ? [size(columns), size(rows)] : [size(rows), size(columns)];
  const moved = transpose(
    value,
    order.map((label) => labels.indexOf(label)),
  );
  return {matrices: moved.reshape([size(batch), ...matrix]), transposed};
}

const sameLabels = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((label, i) => label === b[i]);

/** Brings the axes into the output's order, and spreads repeated ones over a diagonal. */
function arrange(result: Labelled, output: readonly string[], sizes: ReadonlyMap<string, number>): Value {
  const {value, labels} = result;
  const unique = [...new Set(output)];
  const ordered = transpose(
    value,
    unique.map((label) => labels.indexOf(label)),
  );
  if (unique.length === output.length) return ordered;
  const shape = output.map((label) => sizes.get(label)!);
  return takeElements(ordered, diagonalPositions(output, unique, shape, ordered.shape), shape);
}

/** Positions within a value of `source` axes of the elements of `shape`, -1 off the diagonals of repeated axes. */
function diagonalPositions(
  output: readonly string[],
  source: readonly string[],
  shape: readonly number[],
  sourceShape: readonly number[],
): Int32Array {
  const strides = stridesOf(shape);
  const spread = stridedPositions(
    sourceShape,
    source.map((label) =>
      output.reduce((sum, each, axis) => (each === label ? sum + strides[axis]! : sum), 0),
    ),
  );
  const positions = (allocate('int32', sizeOf(shape)) as Int32Array).fill(-1);
  spread.forEach((target, i) => {
    positions[target] = i;
  });
  return positions;
}

const einsum: Kernel = (inputs, ctx) => {
  if (inputs.length > 2) throw unsupported(ctx, `an equation of ${inputs.length} operands`);
  const {labels, sizes, output} = einsumPlan(
    inputs.map(({shape}) => shape),
    ctx,
  );
  const labelled = inputs.map((value, i): Labelled => ({value, labels: labels[i]!}));
  const operands = labelled.map((each, i) => {
    const other = labelled[1 - i];
    const wanted = new Set([...output, ...(other?.labels ?? [])]);
    return sumOut(dropBroadcast(takeDiagonal(each), sizes), wanted, ctx);
  });
  const [x, y] = operands as [Labelled, Labelled | undefined];
  const unique = [...new Set(output)];
  return arrange(y ? contract(x, y, unique, ctx) : x, output, sizes);
};

export const summations: OpFamily = {
  Einsum: {kernel: einsum, limits: 'of one or two operands, as in TensorFlow'},
};
