/**
 * Signals as ops of ONNX: none, as spectra are complex, and complex tensors do not go into sessions.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';

export const onnx: LowerTable = {};
