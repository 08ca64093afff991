/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'BitwiseAnd',
    'BitwiseOr',
    'BitwiseXor',
    'LeftShift',
    'RightShift',
    'Invert',
    'LogicalAnd',
    'LogicalOr',
    'LogicalNot',
    'ApproximateEqual',
    'Bucketize',
    'Bitcast',
    'BroadcastGradientArgs',
  ],
  {
    Sign: {gradient: 'none'},
    Floor: {gradient: 'none'},
    Ceil: {gradient: 'none'},
    Round: {gradient: 'none'},
    Rint: {gradient: 'none'},
    FloorDiv: {gradient: 'none'},
    TruncateDiv: {gradient: 'none'},
    BroadcastGradientArgs: {inputRanks: {s0: 'vector', s1: 'vector'}},
  },
);
