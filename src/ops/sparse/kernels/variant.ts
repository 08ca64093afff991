/**
 * Sparse tensors as three variant elements each (indices, values, shape), which is how they travel through loops.
 *
 * @module
 */

import {formatShape, stridesOf} from '../../../host/shape.js';
import {concat} from '../../../tensors/movement.js';
import {reorder} from '../../../tensors/rows.js';
import {Value, type Variant} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {checkValues, entryAt, indexMatrix, longs, readCoordinates} from '../coordinates.js';

/** One tensor in a variant. */
export class TensorVariant implements Variant {
  readonly kind = 'tensor';

  constructor(readonly value: Value) {}

  *values(): Generator<Value> {
    yield this.value;
  }
}

const PARTS = 3;

function inVariants(parts: readonly Value[]): TensorVariant[] {
  return parts.map((part) => new TensorVariant(part));
}

function requireVariant(ctx: KernelContext): void {
  if (ctx.attrs.dtype('out_type') !== 'variant') throw unsupported(ctx, 'serialising to strings');
}

const serialize: Kernel = ([indices, values, shape], ctx) => {
  requireVariant(ctx);
  checkValues(values!, readCoordinates(indices!, shape!, ctx).count, ctx);
  return Value.host('variant', [PARTS], inVariants([indices!, values!, shape!]));
};

/** Each row of the first dimension on its own, with one dimension less. */
const serializeRows: Kernel = ([indices, values, shape], ctx) => {
  requireVariant(ctx);
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  const [rows, ...rest] = coordinates.shape;
  if (rows === undefined || rest.length === 0) throw invalid(ctx, 'at least 2 dimensions are expected');
  const members = Array.from({length: rows}, () => [] as number[]);
  for (let i = 0; i < coordinates.count; i++) {
    const own = members[coordinates.flat[i * coordinates.shape.length]!];
    if (own === undefined) throw invalid(ctx, `indices[${i}] is in none of the ${rows} rows`);
    own.push(i);
  }
  const elements = members.flatMap((own) => {
    const entries = own.map((i) => entryAt(coordinates, i).slice(1));
    const picked = reorder(values!, own);
    return inVariants([indexMatrix(entries, rest.length), picked, longs(rest, [rest.length])]);
  });
  return Value.host('variant', [rows, PARTS], elements);
};

const deserialize: Kernel = ([serialized], ctx) => {
  const {dtype, shape} = serialized!;
  if (dtype !== 'variant') throw unsupported(ctx, 'parsing strings');
  if (shape.at(-1) !== PARTS || serialized!.size === 0) {
    throw invalid(ctx, `sparse tensors of three parts each are expected, not ${formatShape(shape)}`);
  }
  const parts = serialized!.hostData() as readonly TensorVariant[];
  const tensors = Array.from({length: parts.length / PARTS}, (_, i) =>
    readParts(parts.slice(i * PARTS, (i + 1) * PARTS), ctx),
  );
  const outer = shape.slice(0, -1);
  return outer.length === 0 ? tensors[0]! : stackTensors(tensors, outer, ctx);
};

function readParts(parts: readonly TensorVariant[], ctx: KernelContext): [Value, Value, Value] {
  if (!parts.every((part) => part instanceof TensorVariant)) throw invalid(ctx, 'a variant holds no tensor');
  const [indices, values, shape] = parts.map((part) => part.value);
  const dtype = ctx.attrs.dtype('dtype');
  if (values!.dtype !== dtype) throw invalid(ctx, `values of ${dtype} are expected, not ${values!.dtype}`);
  return [indices!, values!, shape!];
}

/** Sparse tensors arranged in `outer` dimensions as one; its inner dimensions are the largest of theirs. */
function stackTensors(
  tensors: readonly [Value, Value, Value][],
  outer: readonly number[],
  ctx: KernelContext,
): Value[] {
  const strides = stridesOf(outer);
  const entries: number[][] = [];
  let inner: number[] | undefined;
  tensors.forEach(([indices, values, shape], at) => {
    const coordinates = readCoordinates(indices, shape, ctx);
    checkValues(values, coordinates.count, ctx);
    inner ??= [...coordinates.shape];
    if (inner.length !== coordinates.shape.length) {
      throw invalid(ctx, `sparse tensors of ${inner.length} and ${coordinates.shape.length} dimensions`);
    }
    inner = inner.map((dim, k) => Math.max(dim, coordinates.shape[k]!));
    const lead = outer.map((dim, k) => Math.floor(at / strides[k]!) % dim);
    for (let i = 0; i < coordinates.count; i++) entries.push([...lead, ...entryAt(coordinates, i)]);
  });
  const shape = [...outer, ...inner!];
  const values = concat(
    tensors.map(([, each]) => each),
    0,
  );
  return [indexMatrix(entries, shape.length), values, longs(shape, [shape.length])];
}

const LIMITS = 'Only with out_type variant: sparse tensors in serialised protos are not supported.';

/** Sparse tensors in and out of variants. */
export const sparseVariants: OpFamily = {
  SerializeSparse: {kernel: serialize, limits: LIMITS, unsupportedDtypes: {out_type: ['string']}},
  SerializeManySparse: {kernel: serializeRows, limits: LIMITS, unsupportedDtypes: {out_type: ['string']}},
  DeserializeSparse: {kernel: deserialize, limits: LIMITS, unsupportedDtypes: {Tserialized: ['string']}},
};
