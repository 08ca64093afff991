/**
 * Reductions, scans, positions of extremes and counts as ops of ONNX.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';
import {counts} from './onnx/counts.js';
import {positions} from './onnx/positions.js';
import {reductions} from './onnx/reduce.js';
import {scans} from './onnx/scan.js';

export const onnx: LowerTable = {...reductions, ...scans, ...positions, ...counts};
