/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  ['ParseExample', 'ParseExampleV2', 'ParseSingleExample', 'DecodeCSV', 'ParseTensor'],
  factsFor({dataDependent: true}, [
    ...['ParseExample', 'ParseExampleV2', 'ParseSingleExample', 'ParseTensor'],
  ]),
);
