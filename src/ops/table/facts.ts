/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  LookupTableFind: {gradient: 'none'},
  LookupTableFindV2: {gradient: 'none'},
  LookupTableExport: {dataDependent: true},
  LookupTableExportV2: {dataDependent: true},
};
