/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';
import {CUSTOM_GRADIENT_OP} from './op.js';

export const facts: FactTable = factsFor({handsOn: true}, [CUSTOM_GRADIENT_OP]);
