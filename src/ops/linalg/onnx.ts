/**
 * Linear algebra as ops of ONNX.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';
import {diagonalRules} from './onnx/diagonals.js';
import {einsum} from './onnx/einsum.js';

export const onnx: LowerTable = {Einsum: einsum, ...diagonalRules};
