/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({residence: 'host'}, ['QuantizeV2', 'Dequantize'], {
  QuantizeAndDequantizeV3: {inputRanks: {num_bits: 'scalar'}},
});
