/**
 * Ops that parse text records and messages into tensors.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {csvParsing} from './kernels/csv.js';
import {exampleParsing} from './kernels/example.js';
import {sequenceParsing} from './kernels/sequence_example.js';
import {tensorMessages} from './kernels/tensor_proto.js';

/** Records and messages to tensors. */
export const parsing: OpFamily = {...exampleParsing, ...sequenceParsing, ...csvParsing, ...tensorMessages};
