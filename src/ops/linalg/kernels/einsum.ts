/**
 * Einstein summation: any equation of one or two operands becomes transpositions and one matrix product.
 *
 * @module
 */

import {formatShape, stridesOf} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {transpose} from '../../../tensors/movement.js';
import {stridedPositions, takeElements} from '../../../tensors/rearrange.js';
import {Value} from '../../../tensors/value.js';
import {type Kernel, type KernelContext, type OpFamily, runWithin} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {reductions} from '../../reduction/kernels/reduce.js';
import {multiplyMatrices} from './matmul.js';

/** A value whose axes have names. Axes that an ellipsis stands for are named `.0`, `.1`, ... from the right. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
}

function parseEquation(text: string, ctx: KernelContext): Equation {
  const match = /^\s*([^>]*?)\s*->\s*([^>]*?)\s*$/.exec(text);
  if (match === null) throw invalid(ctx, `equation '${text}' has no output`);
  const inputs = match[1]!.split(',').map((each) => each.trim());
  for (const term of [...inputs, match[2]!]) {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term)) throw invalid(ctx, `equation '${text}' is malformed`);
  }
  return {inputs, output: match[2]!};
}

/** The axis names of a term; `ellipsis` is the number of axes that its `...` stands for. */
function axisLabels(term: string, ellipsis: number): string[] {
  const [before, after] = term.split('...') as [string, string | undefined];
  if (after === undefined) return [...before];
  const open = Array.from({length: ellipsis}, (_, i) => `.${ellipsis - 1 - i}`);
  return [...before, ...open, ...after];
}

const isOpen = (label: string): boolean => label.startsWith('.');

function labelOperand(value: Value, term: string, ctx: KernelContext): Labelled {
  const named = term.replace('...', '').length;
  const ellipsis = value.rank - named;
  if (ellipsis < 0 || (ellipsis > 0 && !term.includes('...'))) {
    throw invalid(ctx, `'${term}' does not fit an operand of shape ${formatShape(value.shape)}`);
  }
  return {value, labels: axisLabels(term, ellipsis)};
}

/** The size of each axis name; a size of 1 gives way to another one only where an ellipsis broadcasts. */
function axisSizes(operands: readonly Labelled[], ctx: KernelContext): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const {value, labels} of operands) {
    labels.forEach((label, axis) => {
      const size = value.shape[axis]!;
      const known = sizes.get(label) ?? size;
      if (known !== size && !(isOpen(label) && (known === 1 || size === 1))) {
        throw invalid(ctx, `axis '${label}' has ${known} elements in one operand and ${size} in the other`);
      }
      sizes.set(label, known === 1 ? size : known);
    });
  }
  return sizes;
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
  const text = ctx.attrs.string('equation');
  const equation = parseEquation(text, ctx);
  if (inputs.length > 2) throw unsupported(ctx, `an equation of ${inputs.length} operands`);
  if (equation.inputs.length !== inputs.length) {
    throw invalid(ctx, `equation '${text}' does not have ${inputs.length} operands`);
  }
  const labelled = inputs.map((value, i) => labelOperand(value, equation.inputs[i]!, ctx));
  const sizes = axisSizes(labelled, ctx);
  const ellipsis = Math.max(...labelled.map(({labels}) => labels.filter(isOpen).length));
  if (ellipsis > 0 && !equation.output.includes('...')) {
    throw invalid(ctx, `equation '${text}': axes under '...' are missing from the output`);
  }
  const output = axisLabels(equation.output, ellipsis);
  const unknown = output.find((label) => !sizes.has(label));
  if (unknown !== undefined) throw invalid(ctx, `equation '${text}': no operand has the axis '${unknown}'`);
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
