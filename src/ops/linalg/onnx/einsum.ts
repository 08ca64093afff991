/**
 * Einstein summations as products of matrices: ONNX Runtime is quicker with these than with its own Einsum, and knows what to do with
 * weights before it runs.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {type Dimension, dimensionOf, productOf, reshapedKeeping, reshapedTo} from '../../array/onnx/sizes.js';
import {shapeKnown} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {einsumPlan, einsumRanks} from '../plan.js';

type Labels = readonly string[];

/** A tensor whose axes have names. */
interface Named {
  readonly x: OnnxTensor;
  readonly labels: Labels;
  /** The size of each axis. */
  readonly sizes: ReadonlyMap<string, Dimension>;
}

export const einsum: Lower = (inputs, node, to) => {
  const ranks = einsumRanks(node);
  const operands = inputs.map((x, i) => ({
    ...x,
    shape: x.shape ?? (ranks[i] === undefined ? null : new Array<null>(ranks[i]).fill(null)),
  }));
  const shapes = operands.map(shapeKnown);
  const {labels, output} = einsumPlan(shapes, node);
  if (new Set(output).size !== output.length) notLowered('an axis occurs twice in the output');
  const named = operands.map((x, i): Named => {
    const own = labels[i]!;
    if (new Set(own).size !== own.length) notLowered('an axis occurs twice in an operand');
    return {x, labels: own, sizes: new Map(own.map((label, axis) => [label, dimensionOf(x, axis, to)]))};
  });
  if (named.length > 2) notLowered('there are more than two operands');
  const wanted = new Set(output);
  const [a, b] = named as [Named, Named | undefined];
  if (b === undefined) return ordered(summed(a, wanted, to), output, to).x;
  const left = summed(a, new Set([...output, ...b.labels]), to);
  const right = summed(b, new Set([...output, ...a.labels]), to);
  const isOwn = (label: string) => !right.labels.includes(label);
  // The operand whose axes come first in the output is the left one.
  const first = output.find((label) => left.labels.includes(label) !== right.labels.includes(label));
  const product =
    first === undefined || isOwn(first)
      ? multiplied(left, right, wanted, to)
      : multiplied(right, left, wanted, to);
  return ordered(product, output, to).x;
};

/** The sum over all axes that are not needed. */
function summed({x, labels, sizes}: Named, needed: ReadonlySet<string>, to: OnnxBuilder): Named {
  const gone = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (gone.length === 0) return {x, labels, sizes};
  const sum = to.op('ReduceSum', [x, to.ints(gone)], {keepdims: 0});
  return {x: sum, labels: labels.filter((label) => needed.has(label)), sizes};
}

function ordered({x, labels, sizes}: Named, order: Labels, to: OnnxBuilder): Named {
  const permuted = to.transpose(
    x,
    order.map((label) => labels.indexOf(label)),
  );
  return {x: permuted, labels: order, sizes};
}

/** The product of two operands, with axes as they come: batch, those of the left alone, those of the right alone. */
function multiplied(left: Named, right: Named, wanted: ReadonlySet<string>, to: OnnxBuilder): Named {
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => wanted.has(label));
  const inner = shared.filter((label) => !wanted.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const open = (label: string) =>
    typeof left.sizes.get(label) !== 'number' || typeof right.sizes.get(label) !== 'number';
  // Sizes that differ might have one product.
  if (inner.length > 1 && inner.some(open)) notLowered('the sizes of summed axes are not known');
  const same = sameBatch(left, right, batch.filter(open), to);
  const a = ordered(left, [...batch, ...rows, ...inner], to);
  const b = ordered(same, [...batch, ...inner, ...columns], to);
  // Without a batch, all rows are those of one matrix, however many axes they have.
  const isPlain = batch.length === 0 && rows.length > 0;
  const x = isPlain
    ? merged(a, [...rows.map((label) => [label]), inner], to)
    : merged(a, [...batch.map((label) => [label]), rows, inner], to);
  const y = merged(b, [...batch.map((label) => [label]), inner, columns], to);
  const product = to.op('MatMul', [x, y]);
  const sizes = new Map([...right.sizes, ...left.sizes]);
  const labels = [...batch, ...rows, ...columns];
  const isSplit = columns.length !== 1 || (!isPlain && rows.length !== 1);
  if (!isSplit) return {x: product, labels, sizes};
  const kept = batch.map(() => 0);
  const ofRows = isPlain ? rows.map(() => 0) : rows.map((label) => sizes.get(label)!);
  const ofColumns = columns.map((label) => sizes.get(label)!);
  return {x: split(product, [...kept, ...ofRows, ...ofColumns], to), labels, sizes};
}

/** The right operand, which must have the left one's sizes: ONNX would stretch a size of 1. */
function sameBatch(left: Named, right: Named, open: Labels, to: OnnxBuilder): Named {
  const named = open.filter((label) => !label.startsWith('.'));
  const x = named.reduce((checked, label) => {
    const sizes = right.labels.map((each): Dimension => (each === label ? left.sizes.get(label)! : 0));
    return reshapedKeeping(checked, sizes, to);
  }, right.x);
  return {...right, x};
}

/** Axes as one for each group; a group without axes is one of a single element. */
function merged({x, labels, sizes}: Named, groups: readonly Labels[], to: OnnxBuilder): OnnxTensor {
  if (groups.every((group) => group.length === 1)) return x;
  // Axes in front stay as they are.
  const first = groups.findIndex((group) => group.length !== 1);
  const lead = groups.slice(0, first).map((): Dimension => 0);
  const rest = groups.slice(first).map((group) =>
    productOf(
      group.map((label) => sizes.get(label)!),
      to,
    ),
  );
  return labels.length === 0 ? reshapedTo(x, rest, to) : split(x, [...lead, ...rest], to);
}

/** A shape with 0 for axes that stay as they are; one size that is not known follows from the others. */
function split(x: OnnxTensor, sizes: readonly Dimension[], to: OnnxBuilder): OnnxTensor {
  const open = sizes.filter((size) => typeof size !== 'number').length;
  return reshapedKeeping(
    x,
    open === 1 ? sizes.map((size) => (typeof size === 'number' ? size : -1)) : sizes,
    to,
  );
}
