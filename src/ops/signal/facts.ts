/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({constantInputs: ['fft_length']}, [
  ...['RFFT', 'IRFFT', 'RFFT2D', 'IRFFT2D', 'RFFT3D', 'IRFFT3D'],
]);
