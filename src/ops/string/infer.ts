/**
 * Shapes of strings that are changed, joined and split, and of what is read from them.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {allElementsOf, dimensionFrom, elementOf, UNKNOWN} from '../../graph/known.js';
import {derived, partialSizeOf} from '../../host/shape.js';
import {
  broadcastOrThrow,
  forAll,
  mergeOrThrow,
  ofRank,
  rowSplits,
  SOME,
  scalar,
  shapeOfInput,
  sparseTensor,
  withRank,
} from '../infer_rules.js';
import {reductionPlan} from '../reduction/plan.js';
import {elementsIn, joinedSegments, joinedShape} from './plan.js';

/** Patterns and rewrites are scalars. */
const regex: Infer = ([input, ...patterns], node) => {
  for (const pattern of patterns) withRank(pattern, 0, 'pattern and rewrite', node);
  return [{shape: input!.shape}];
};

const join: Infer = (inputs, node) => [
  {
    shape: joinedShape(
      inputs.map(({shape}) => shape),
      node,
    ),
  },
];

const substring: Infer = ([input, position, length], node) => [
  {shape: broadcastOrThrow(input!.shape, mergeOrThrow(position!.shape, length!.shape, node), node)},
];

const reduceJoin: Infer = ([input, axes], node) => {
  const given = allElementsOf(axes);
  if (input!.shape === null) return [UNKNOWN];
  if (given === undefined) return [node.attrs.bool('keep_dims') ? ofRank(input!.shape.length) : UNKNOWN];
  return [{shape: reductionPlan(input!.shape, given, node).shape}];
};

const segmentJoin: Infer = ([input, ids, count], node) => {
  if (input!.shape === null || ids!.shape === null) return [UNKNOWN];
  return [{shape: joinedSegments(input!.shape, ids!.shape, dimensionFrom(count), node)}];
};

/** The pieces of each string as a sparse matrix. */
const split: Infer = ([input, separator], node) => {
  const [count] = withRank(input!, 1, 'input', node);
  withRank(separator!, 0, 'the separator', node);
  return sparseTensor(2, [count!, null]);
};

/** TensorFlow takes splits of any rank. */
const nGrams: Infer = ([, splits]) => [SOME, {shape: splits!.shape}];

const decodeRaw: Infer = ([input]) => [{shape: input!.shape && [...input!.shape, null]}];

const decodePaddedRaw: Infer = ([input, length], node) => {
  withRank(length!, 0, 'fixed_length', node);
  const bytes = elementOf(length);
  const count = bytes === undefined ? null : elementsIn(bytes, node.attrs.dtype('out_type'), node);
  return [{shape: input!.shape && [...input!.shape, count]}];
};

/** Code points of all strings, after where each string's begin, and where in it each one begins. */
const decode: Infer = ([input], {op}) => {
  const outputs = [rowSplits(partialSizeOf(input!.shape)), SOME];
  return op === 'UnicodeDecode' ? outputs : [...outputs, SOME];
};

const encode: Infer = ([codes, splits], node) => {
  withRank(codes!, 1, 'input_values', node);
  const [bounds] = withRank(splits!, 1, 'input_splits', node);
  return [{shape: [derived((count) => count - 1, bounds!)]}];
};

export const infer: InferTable = {
  ...forAll(shapeOfInput(), [
    ...['StringLower', 'StringUpper', 'StringStrip', 'StringLength', 'EncodeBase64', 'DecodeBase64'],
    ...['AsString', 'StringToNumber', 'UnicodeTranscode', 'UnicodeScript'],
    ...['StaticRegexReplace', 'StaticRegexFullMatch'],
  ]),
  ...forAll(regex, ['RegexReplace', 'RegexFullMatch']),
  ...forAll(scalar, ['StringFormat', 'ShardedFilename', 'ShardedFilespec', 'ReadFile']),
  StringJoin: join,
  Substr: substring,
  ReduceJoin: reduceJoin,
  UnsortedSegmentJoin: segmentJoin,
  ...forAll(split, ['StringSplit', 'StringSplitV2']),
  StringNGrams: nGrams,
  DecodeRaw: decodeRaw,
  DecodePaddedRaw: decodePaddedRaw,
  ...forAll(decode, ['UnicodeDecode', 'UnicodeDecodeWithOffsets']),
  UnicodeEncode: encode,
};
