/**
 * The features that an op asks of each record.
 *
 * @module
 */

import type {DType} from '../../host/dtypes.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import {sizeOf} from '../../host/tensor.js';
import type {Value} from '../../tensors/value.js';
import type {KernelContext} from '../kernel.js';
import {invalid} from '../node.js';

/** dtypes of features. */
export type FeatureDType = 'string' | 'float32' | 'int64';

/** dtypes of row splits. */
export type SplitsDType = 'int32' | 'int64';

/** A feature of any number of values. */
export interface Feature {
  readonly key: Uint8Array;
  readonly dtype: FeatureDType;
}

/** A feature of which each record has as many values, or, where it varies, a multiple of them. */
export interface DenseFeature extends Feature {
  /** Without the first dimension of one that varies. */
  readonly shape: readonly number[];
  readonly size: number;
  readonly varies: boolean;
  /** What a record without the feature has (none allowed where empty), or what short rows are filled with. */
  readonly defaultValue: Value;
}

/** A feature whose rows are told by row splits. */
export interface RaggedFeature extends Feature {
  readonly splits: SplitsDType;
}

/** The features of one map of each record, by what becomes of them. */
export interface Schema {
  readonly dense: readonly DenseFeature[];
  readonly sparse: readonly Feature[];
  readonly ragged: readonly RaggedFeature[];
}

/** The features of these keys, of the dtypes that an attribute gives. */
export function featuresOf(keys: readonly Uint8Array[], dtypesAttr: string, ctx: KernelContext): Feature[] {
  const dtypes = featureDTypes(dtypesAttr, ctx);
  checkCounts(keys.length, {[dtypesAttr]: dtypes}, ctx);
  return keys.map((key, i) => ({key, dtype: dtypes[i]!}));
}

/** Dense features with their default values. `attrs` names the attributes that hold their dtypes and shapes. */
export function denseFeatures(
  keys: readonly Uint8Array[],
  defaults: readonly Value[],
  attrs: {readonly dtypes: string; readonly shapes: string},
  ctx: KernelContext,
): DenseFeature[] {
  const shapes = ctx.attrs.shapes(attrs.shapes);
  checkCounts(keys.length, {[attrs.shapes]: shapes, defaults}, ctx);
  return featuresOf(keys, attrs.dtypes, ctx).map((feature, i) => {
    const defaultValue = defaults[i]!;
    if (defaultValue.dtype !== feature.dtype) {
      throw invalid(ctx, `the default of feature ${i} is ${defaultValue.dtype}, not ${feature.dtype}`);
    }
    return {...feature, ...denseShape(shapes[i]!, i, ctx), defaultValue};
  });
}

/** A dense shape apart from its first dimension, where that is not known. */
export function denseShape(
  shape: PartialShape,
  i: number,
  ctx: KernelContext,
): Pick<DenseFeature, 'shape' | 'size' | 'varies'> {
  const varies = shape !== null && shape[0] === null;
  const inner = varies ? shape.slice(1) : shape;
  if (inner === null || !inner.every((size) => size !== null)) {
    throw invalid(ctx, `of dense shape ${i}, ${formatShape(shape)}, only the first dimension may be unknown`);
  }
  return {shape: inner, size: sizeOf(inner), varies};
}

/** Ragged features, of the dtypes that two attributes give. */
export function raggedFeatures(
  keys: readonly Uint8Array[],
  attrs: {readonly dtypes: string; readonly splits: string},
  ctx: KernelContext,
): RaggedFeature[] {
  const splits = ctx.attrs.dtypes(attrs.splits);
  checkCounts(keys.length, {[attrs.splits]: splits}, ctx);
  return featuresOf(keys, attrs.dtypes, ctx).map((feature, i) => {
    const dtype = splits[i]!;
    if (dtype !== 'int32' && dtype !== 'int64') throw invalid(ctx, `row splits cannot be ${dtype}`);
    return {...feature, splits: dtype};
  });
}

function featureDTypes(name: string, ctx: KernelContext): FeatureDType[] {
  return ctx.attrs.dtypes(name).map((dtype: DType) => {
    if (dtype === 'string' || dtype === 'float32' || dtype === 'int64') return dtype;
    throw invalid(ctx, `features cannot be ${dtype}`);
  });
}

function checkCounts(count: number, lists: Record<string, ArrayLike<unknown>>, ctx: KernelContext): void {
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== count) throw invalid(ctx, `${name} has ${list.length} entries for ${count} keys`);
  }
}

/**
 * What `make` makes of inputs that are the same from call to call, as those are that a graph holds as constants: it is made anew only
 * where one of them is another value.
 */
export function madeOnce<T>(inputs: readonly Value[], ctx: KernelContext, make: () => T): T {
  const kept = ctx.memo((): {inputs: readonly Value[]; made?: T} => ({inputs: []}));
  const isSame = kept.inputs.length === inputs.length && inputs.every((input, i) => input === kept.inputs[i]);
  if (kept.made !== undefined && isSame) return kept.made;
  kept.made = make();
  kept.inputs = [...inputs];
  return kept.made;
}
