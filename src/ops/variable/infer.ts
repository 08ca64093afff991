/**
 * Variables before they are read: what a handle leads to, and the shapes of what is read there.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, type Known, SCALAR, UNKNOWN} from '../../graph/known.js';
import {gathered, gatherNd} from '../indexing/infer.js';
import {forAll, mergeOrThrow, nothing, scalar, shapeOfInput, sizesOf} from '../infer_rules.js';

const handle: Infer = (_, {attrs}) => [
  {...SCALAR, handle: {dtype: attrs.dtype('dtype'), shape: attrs.shape('shape')}},
];

/** The older form of a variable was written as a scalar where nothing was known of its shape. */
const legacyVariable: Infer = (_, {attrs}) => {
  const shape = attrs.shape('shape');
  return [{shape: shape?.length === 0 ? null : shape}];
};

/** The variable that a handle leads to. */
const variableOf = ({dtype, handle: variable}: Known): Known => variable ?? {dtype, shape: null};

const read = (variable: Known): Inferred => ({shape: variable.handle?.shape ?? null});

const assign: Infer = ([target, value], node) => [
  {
    shape: node.attrs.bool('validate_shape') ? mergeOrThrow(target!.shape, value!.shape, node) : value!.shape,
  },
];

const update: Infer = ([target, value], node) => [{shape: mergeOrThrow(target!.shape, value!.shape, node)}];

const gather: Infer = ([target, indices], node) => {
  const batchDims = node.attrs.int('batch_dims');
  return [
    target!.handle === undefined
      ? UNKNOWN
      : {shape: gathered(variableOf(target!), indices!, batchDims, batchDims, node).shape},
  ];
};

export const infer: InferTable = {
  VarHandleOp: handle,
  VariableV2: (_, {attrs}) => [{shape: attrs.shape('shape')}],
  Variable: legacyVariable,
  ReadVariableOp: ([target]) => [read(target!)],
  _ReadVariablesOp: (targets) => targets.map(read),
  VariableShape: ([target], node) => [sizesOf(target!.handle?.shape ?? null, node)],
  ...forAll(scalar, ['VarIsInitializedOp', 'IsVariableInitialized']),
  ...forAll(nothing, ['DisableCopyOnRead', 'DestroyResourceOp', 'AssignVariableOp']),
  ...forAll(nothing, ['AssignAddVariableOp', 'AssignSubVariableOp']),
  Assign: assign,
  ...forAll(update, ['AssignAdd', 'AssignSub']),
  ResourceGather: gather,
  ResourceGatherNd: ([target, indices], node, functions) =>
    gatherNd([variableOf(target!), indices!], node, functions),
  ...forAll(nothing, [
    ...['ResourceScatterUpdate', 'ResourceScatterAdd', 'ResourceScatterSub', 'ResourceScatterMax'],
    ...['ResourceScatterMin', 'ResourceScatterNdUpdate', 'ResourceScatterNdAdd', 'ResourceScatterNdSub'],
    ...['ResourceScatterNdMax', 'ResourceScatterNdMin'],
  ]),
  ...forAll(shapeOfInput(), ['ScatterUpdate', 'ScatterAdd', 'ScatterSub', 'ScatterMax', 'ScatterMin']),
};
