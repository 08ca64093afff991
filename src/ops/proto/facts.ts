/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({residence: 'host'}, ['DecodeProtoV2'], {
  DecodeProtoV2: {dataDependent: true},
});
