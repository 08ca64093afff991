/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {handsOn: true},
  [
    'VarHandleOp',
    'VariableV2',
    'Variable',
    'ReadVariableOp',
    '_ReadVariablesOp',
    'VariableShape',
    'VarIsInitializedOp',
    'IsVariableInitialized',
    'DisableCopyOnRead',
    'DestroyResourceOp',
    'AssignVariableOp',
    'Assign',
    'AssignAddVariableOp',
    'AssignSubVariableOp',
    'AssignAdd',
    'AssignSub',
    'ResourceGather',
    'ResourceGatherNd',
    'ResourceScatterUpdate',
    'ResourceScatterAdd',
    'ResourceScatterSub',
    'ResourceScatterMax',
    'ResourceScatterMin',
    'ScatterUpdate',
    'ScatterAdd',
    'ScatterSub',
    'ScatterMax',
    'ScatterMin',
    'ResourceScatterNdUpdate',
    'ResourceScatterNdAdd',
    'ResourceScatterNdSub',
    'ResourceScatterNdMax',
    'ResourceScatterNdMin',
  ],
  factsFor({repeatable: true}, [
    'VarHandleOp',
    'VariableV2',
    'Variable',
    'ReadVariableOp',
    '_ReadVariablesOp',
    'ResourceGather',
    'ResourceGatherNd',
    'VariableShape',
    'VarIsInitializedOp',
    'DisableCopyOnRead',
  ]),
);
