/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {RestoreV2: {dataDependent: true}};
