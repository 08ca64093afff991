/**
 * Elementwise mathematics and products of matrices as ops of ONNX.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';
import {binary} from './onnx/binary.js';
import {comparisons} from './onnx/compare.js';
import {bits} from './onnx/integers.js';
import {products} from './onnx/products.js';
import {unary} from './onnx/unary.js';

export const onnx: LowerTable = {...unary, ...binary, ...bits, ...comparisons, ...products};
