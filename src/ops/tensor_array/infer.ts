/**
 * Stacks and tensor arrays: what a handle tells of the elements, and the shapes of those that are read.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {SCALAR, UNKNOWN} from '../../graph/known.js';
import {isKnown, relaxShapes} from '../../host/shape.js';
import {forAll, nothing, ofRank, scalar} from '../infer_rules.js';
import {mergeShapes} from '../list/plan.js';

/** A handle, and the scalar that orders those who use it. */
const create: Infer = (_, {attrs}) => [
  {...SCALAR, handle: {dtype: attrs.dtype('dtype'), shape: attrs.shape('element_shape')}},
  SCALAR,
];

const gradient: Infer = ([array]) => [{...SCALAR, ...(array!.handle ? {handle: array!.handle} : {})}, SCALAR];

const read: Infer = ([array]) => [{shape: array!.handle?.shape ?? null}];

const gather: Infer = ([array, indices], node) => {
  const element = mergeShapes(array!.handle?.shape ?? null, node.attrs.shape('element_shape'), node);
  return [element === null ? UNKNOWN : {shape: [indices!.shape?.[0] ?? null, ...element]}];
};

/** Elements joined along their first dimension, and the length of each. Without elements the result is what the node says. */
const concat: Infer = ([array], {attrs}) => {
  const rest = array!.handle?.shape?.slice(1) ?? null;
  const ofNone = attrs.shape('element_shape_except0');
  const either = isKnown(ofNone) ? relaxShapes(rest, ofNone) : rest;
  return [either === null ? UNKNOWN : {shape: [null, ...either]}, ofRank(1)];
};

export const infer: InferTable = {
  TensorArrayV3: create,
  TensorArrayGradV3: gradient,
  TensorArrayReadV3: read,
  TensorArrayGatherV3: gather,
  TensorArrayConcatV3: concat,
  ...forAll(scalar, [
    'TensorArrayWriteV3',
    'TensorArrayScatterV3',
    'TensorArraySplitV3',
    'TensorArraySizeV3',
  ]),
  ...forAll(nothing, ['TensorArrayCloseV3', 'StackCloseV2']),
  StackV2: scalar,
  StackPushV2: ([, value]) => [value!],
  StackPopV2: () => [UNKNOWN],
};
