/**
 * Elementwise mathematics and products of matrices as ops of ONNX.
 *
 * @module
 */

import {onlyFor, rankOf, same, tests} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';

const matmul: Lower = ([a, b], {attrs}, to) => {
  const [left, right] = [attrs.bool('transpose_a'), attrs.bool('transpose_b')];
  return to.op('MatMul', [left ? to.transpose(a!, [1, 0]) : a, right ? to.transpose(b!, [1, 0]) : b]);
};

const batchMatmul: Lower = ([a, b], {attrs}, to) => {
  const swapped = (x: NonNullable<typeof a>, isSwapped: boolean) => {
    if (!isSwapped) return x;
    const rank = rankOf(x);
    const axes = Array.from({length: rank}, (_, axis) => axis);
    return to.transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
  };
  return to.op('MatMul', [swapped(a!, attrs.bool('adj_x')), swapped(b!, attrs.bool('adj_y'))]);
};

const rsqrt: Lower = ([x], _node, to) => to.op('Reciprocal', [to.op('Sqrt', [x])]);

const square: Lower = ([x], _node, to) => to.op('Mul', [x, x]);

const squaredDifference: Lower = ([x, y], _node, to) => {
  const difference = to.op('Sub', [x, y]);
  return to.op('Mul', [difference, difference]);
};

const divide: Lower = ([x, y], _node, to) => {
  onlyFor(x!, 'float32', 'float64', 'float16');
  return to.op('Div', [x, y]);
};

const addN: Lower = (inputs, _node, to) => inputs.reduce((sum, each) => to.op('Add', [sum, each]));

export const onnx: LowerTable = {
  Add: same('Add'),
  AddV2: same('Add'),
  Sub: same('Sub'),
  Mul: same('Mul'),
  Neg: same('Neg'),
  Abs: same('Abs'),
  Sqrt: same('Sqrt'),
  Exp: same('Exp'),
  Log: same('Log'),
  Tanh: same('Tanh'),
  Sigmoid: same('Sigmoid'),
  Erf: same('Erf'),
  Floor: same('Floor'),
  Ceil: same('Ceil'),
  Rsqrt: rsqrt,
  Square: square,
  SquaredDifference: squaredDifference,
  RealDiv: divide,
  AddN: addN,
  MatMul: matmul,
  BatchMatMul: batchMatmul,
  BatchMatMulV2: batchMatmul,
  Maximum: same('Max'),
  Minimum: same('Min'),
  Less: tests('Less'),
  Greater: tests('Greater'),
};
