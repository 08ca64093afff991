/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  Sign: {gradient: 'none'},
  Floor: {gradient: 'none'},
  Ceil: {gradient: 'none'},
  Round: {gradient: 'none'},
  Rint: {gradient: 'none'},
  FloorDiv: {gradient: 'none'},
  TruncateDiv: {gradient: 'none'},
  BroadcastGradientArgs: {inputRanks: {s0: 'vector', s1: 'vector'}},
};
