/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {repeatable: true},
  [
    'HashTable',
    'HashTableV2',
    'MutableHashTable',
    'MutableHashTableV2',
    'MutableDenseHashTable',
    'MutableDenseHashTableV2',
    'MutableHashTableOfTensors',
    'MutableHashTableOfTensorsV2',
    'LookupTableFindV2',
    'LookupTableSizeV2',
    'LookupTableExportV2',
  ],
  {
    LookupTableFind: {gradient: 'none'},
    LookupTableFindV2: {gradient: 'none'},
    LookupTableExport: {dataDependent: true},
    LookupTableExportV2: {dataDependent: true},
  },
);
