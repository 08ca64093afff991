/**
 * Shapes of what is folded, scanned, ranked and counted; sizes are products of sizes.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {allElementsOf, dimensionFrom, elementOf, UNKNOWN, withElements} from '../../graph/known.js';
import {isKnown, partialSizeOf} from '../../host/shape.js';
import {forAll, held, ofRank, scalar, shapeOfInput} from '../infer_rules.js';
import {positionPlan, reductionPlan, targetCount, topKShape} from './plan.js';

const reduce: Infer = ([x, axes], node) => {
  const given = allElementsOf(axes);
  if (x!.shape === null) return [UNKNOWN];
  if (given === undefined) return [node.attrs.bool('keep_dims') ? ofRank(x!.shape.length) : UNKNOWN];
  return [{shape: reductionPlan(x!.shape, given, node).shape}];
};

/** A reduction that sizes are computed with: of a vector of integers, it is one of a known number. */
const fold =
  (f: (a: number, b: number) => number, start: number): Infer =>
  (inputs, node) => {
    const [{shape} = UNKNOWN] = reduce(inputs, node, {of: () => []});
    const [x, axes] = inputs;
    const elements = allElementsOf(x);
    const isReduced = isKnown(shape) && shape.every((size) => size === 1) && x!.shape?.length === 1;
    if (!isReduced || elements === undefined || allElementsOf(axes)?.length !== 1) return [{shape}];
    return [withElements(shape, [held(elements.reduce(f, start), x!.dtype)])];
  };

const position: Infer = ([x, dimension], node) => {
  const axis = elementOf(dimension);
  if (x!.shape === null || axis === undefined) return [ofRank(x!.shape && Math.max(x!.shape.length - 1, 0))];
  return [{shape: positionPlan(x!.shape, axis, node).shape}];
};

const topK =
  (kOf: (inputs: Parameters<Infer>[0], node: Parameters<Infer>[1]) => number | null): Infer =>
  (inputs, node) => {
    const {shape} = inputs[0]!;
    const found = {shape: shape && topKShape<number | null>(shape, kOf(inputs, node), node)};
    return [found, found];
  };

const inTopK: Infer = ([predictions, targets], node) => {
  const [rows, count] = [predictions!.shape, targets!.shape];
  if (rows === null || count === null) return [{shape: [rows?.[0] ?? count?.[0] ?? null]}];
  return [{shape: [targetCount(rows, count, node)]}];
};

/** A count for each number below `size`. */
const bins: Infer = ([, size]) => [{shape: [dimensionFrom(size)]}];

const denseBins: Infer = ([numbers, size]) => [
  {shape: numbers!.shape && [...numbers!.shape.slice(0, -1), dimensionFrom(size)]},
];

const raggedBins: Infer = ([splits, , size]) => {
  const ends = partialSizeOf(splits!.shape);
  return [{shape: [ends === null ? null : Math.max(ends - 1, 0), dimensionFrom(size)]}];
};

const histogram: Infer = ([, , bars]) => [{shape: [dimensionFrom(bars)]}];

export const infer: InferTable = {
  Sum: fold((a, b) => a + b, 0),
  Prod: fold((a, b) => a * b, 1),
  Max: fold(Math.max, Number.NEGATIVE_INFINITY),
  Min: fold(Math.min, Number.POSITIVE_INFINITY),
  ...forAll(reduce, ['Mean', 'All', 'Any', 'EuclideanNorm']),
  L2Loss: scalar,
  ...forAll(shapeOfInput(), ['Cumsum', 'Cumprod', 'CumulativeLogsumexp']),
  ...forAll(position, ['ArgMax', 'ArgMin']),
  TopK: topK((_, {attrs}) => attrs.int('k')),
  TopKV2: topK(([, k]) => elementOf(k) ?? null),
  ...forAll(inTopK, ['InTopK', 'InTopKV2']),
  Bincount: bins,
  DenseBincount: denseBins,
  RaggedBincount: raggedBins,
  HistogramFixedWidth: histogram,
};
