/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

const EXAMPLES = [
  ...['ParseExample', 'ParseExampleV2', 'ParseSingleExample'],
  ...['ParseSequenceExample', 'ParseSequenceExampleV2', 'ParseSingleSequenceExample'],
];

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [...EXAMPLES, 'DecodeCSV', 'ParseTensor'],
  factsFor({dataDependent: true}, [...EXAMPLES, 'ParseTensor']),
);
