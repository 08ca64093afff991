/**
 * Ragged tensors as single variant elements, which is how they travel through loops and lists.
 *
 * @module
 */

import {CallError} from '../../../errors.js';
import {formatShape} from '../../../host/shape.js';
import {sizeOf} from '../../../host/tensor.js';
import {around, concat, slice, zeros} from '../../../tensors/movement.js';
import {Value, type Variant} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {lengthsOf, running} from '../row_splits.js';

/** A ragged tensor in a variant. Without splits it is a dense one. */
export class RaggedVariant implements Variant {
  readonly kind = 'ragged tensor';

  constructor(
    /** Row splits, outermost dimension first. */
    readonly nestedSplits: readonly Value[],
    readonly flatValues: Value,
  ) {}

  *values(): Generator<Value> {
    yield* this.nestedSplits;
    yield this.flatValues;
  }

  zerosLike(zeros: (value: Value) => Value): RaggedVariant {
    return new RaggedVariant(this.nestedSplits, zeros(this.flatValues));
  }

  plus(other: Variant, add: (a: Value, b: Value) => Value): RaggedVariant {
    if (!(other instanceof RaggedVariant))
      throw new CallError(`a ragged tensor and a ${other.kind} cannot be added`);
    const splits = ({nestedSplits}: RaggedVariant) => nestedSplits.map((each) => each.numbers().join());
    if (splits(this).join(';') !== splits(other).join(';')) {
      throw new CallError('ragged tensors of different row lengths cannot be added');
    }
    return new RaggedVariant(this.nestedSplits, add(this.flatValues, other.flatValues));
  }

  /** Number of rows of the outermost dimension. */
  get rows(): number {
    return this.nestedSplits.length > 0 ? this.nestedSplits[0]!.size - 1 : this.flatValues.shape[0]!;
  }
}

const toVariant: Kernel = (inputs, ctx) => {
  const splits = inputs.slice(0, -1);
  const values = inputs.at(-1)!;
  if (!ctx.attrs.bool('batched_input')) return Value.object('variant', new RaggedVariant(splits, values));
  if (splits.length === 0 && values.rank === 0) throw invalid(ctx, 'a scalar has no rows');
  const rows = splits.length > 0 ? ragRows(splits, values) : denseRows(values);
  return Value.host('variant', [rows.length], rows);
};

function rowsOf(x: Value, start: number, end: number): Value {
  const begin = new Array<number>(x.rank).fill(0).with(0, start);
  return slice(x, begin, x.shape.with(0, end - start));
}

function denseRows(values: Value): RaggedVariant[] {
  const shape = values.shape.slice(1);
  return Array.from(
    {length: values.shape[0]!},
    (_, row) => new RaggedVariant([], rowsOf(values, row, row + 1).reshape(shape)),
  );
}

/** The rows of the outermost dimension, each a ragged tensor of one dimension less. */
function ragRows([outer, ...inner]: readonly Value[], values: Value): RaggedVariant[] {
  const bounds = outer!.numbers();
  return Array.from({length: bounds.length - 1}, (_, row) => {
    let [start, end] = [bounds[row]!, bounds[row + 1]!];
    const splits = inner.map((level) => {
      const own = level.numbers().slice(start, end + 1);
      [start, end] = [own[0]!, own.at(-1)!];
      return Value.vector(
        level.dtype,
        own.map((at) => at - own[0]!),
      );
    });
    return new RaggedVariant(splits, rowsOf(values, start, end));
  });
}

const fromVariant: Kernel = ([encoded], ctx) => {
  const outputRank = ctx.attrs.int('output_ragged_rank');
  const givenRank = ctx.attrs.int('input_ragged_rank');
  const dims = encoded!.rank;
  const inputRank = givenRank === -1 ? outputRank - dims : givenRank;
  if (inputRank < 0 || inputRank + dims !== outputRank) {
    throw invalid(
      ctx,
      `${dims} dimensions of components with ragged rank ${inputRank} do not make ragged rank ${outputRank}`,
    );
  }
  const components = encoded!.hostData() as readonly RaggedVariant[];
  for (const component of components) checkComponent(component, inputRank, ctx);
  if (dims === 0) return [...components[0]!.nestedSplits, components[0]!.flatValues];
  return stackComponents(components, encoded!.shape, inputRank, ctx);
};

function checkComponent(component: RaggedVariant, raggedRank: number, ctx: KernelContext): void {
  if (!(component instanceof RaggedVariant)) throw invalid(ctx, 'the variant does not hold a ragged tensor');
  const {nestedSplits, flatValues} = component;
  const dtype = ctx.attrs.dtype('Tvalues');
  if (nestedSplits.length !== raggedRank || flatValues.dtype !== dtype) {
    throw invalid(
      ctx,
      `a component has ragged rank ${nestedSplits.length} and dtype ${flatValues.dtype}, not ${raggedRank} and ${dtype}`,
    );
  }
}

/** Components arranged in `shape` as one ragged tensor with as many dimensions more. */
function stackComponents(
  components: readonly RaggedVariant[],
  shape: readonly number[],
  inputRank: number,
  ctx: KernelContext,
): Value[] {
  const dtype = ctx.attrs.dtype('Tsplits');
  const uniform = shape
    .slice(0, -1)
    .map((_, k) => Array.from({length: sizeOf(shape.slice(0, k + 1)) + 1}, (_, row) => row * shape[k + 1]!));
  const outer = running(components.map((component) => component.rows));
  const inner = Array.from({length: inputRank}, (_, level) =>
    running(components.flatMap(({nestedSplits}) => [...lengthsOf(nestedSplits[level]!.indices())])),
  );
  const splits = [...uniform, outer, ...inner].map((each) => Value.vector(dtype, each));
  return [...splits, joinValues(components, ctx)];
}

function joinValues(components: readonly RaggedVariant[], ctx: KernelContext): Value {
  if (components.length === 0) return zeros(ctx.attrs.dtype('Tvalues'), [0]);
  const values = components.map((component) => component.flatValues);
  const first = values[0]!;
  for (const value of values) {
    if (value.rank === 0 || around(value.shape, 0)[1] !== around(first.shape, 0)[1]) {
      throw invalid(
        ctx,
        `values of ${formatShape(first.shape)} and ${formatShape(value.shape)} cannot be joined`,
      );
    }
  }
  return concat(values, 0);
}

/** The values of all components; zeros for a component that nothing depended on. */
const variantGradient: Kernel = ([encoded, rowSplits, denseShape], ctx) => {
  const shape = denseShape!.numbers();
  const rowLengths = [...lengthsOf(rowSplits!.indices())];
  const pieces = (encoded!.hostData() as readonly Variant[]).map((component, row) =>
    component instanceof RaggedVariant
      ? component.flatValues
      : zeros(ctx.attrs.dtype('Tvalues'), shape.with(0, rowLengths[row]!)),
  );
  if (pieces.length === 1) return pieces[0]!;
  const flat = pieces.map((piece) => piece.reshape([piece.size]));
  return flat.length === 0 ? zeros(ctx.attrs.dtype('Tvalues'), shape) : concat(flat, 0).reshape(shape);
};

/** Ragged tensors in and out of variants. */
export const raggedVariants: OpFamily = {
  RaggedTensorToVariant: {kernel: toVariant},
  RaggedTensorFromVariant: {kernel: fromVariant},
  RaggedTensorToVariantGradient: {kernel: variantGradient},
};
