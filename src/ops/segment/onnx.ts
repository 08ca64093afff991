/**
 * Segments as ops of ONNX.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';

export const onnx: LowerTable = {};
