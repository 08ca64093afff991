/**
 * Products of matrices and vectors as ops of ONNX. A transposition of weights is done once, and one of another operand becomes part of
 * the product: ONNX Runtime sees to both.
 *
 * @module
 */

import {isFloating} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {batchOrientations, matMulOrientations} from '../../linalg/plan.js';
import {rankOf, shapedLike, withRank} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';

/** `x` with its last two axes swapped. */
function transposed(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const rank = rankOf(x);
  const axes = Array.from({length: rank - 2}, (_, axis) => axis);
  return to.transpose(x, [...axes, rank - 1, rank - 2]);
}

const matMul: Lower = ([a, b], node, to) => {
  const [left, right] = matMulOrientations(node).map((each) => each.transposed) as [boolean, boolean];
  // ONNX's MatMul would take batches of matrices, too, and single rows.
  const [x, y] = [withRank(a!, 2, to), withRank(b!, 2, to)];
  return to.op('MatMul', [left ? transposed(x, to) : x, right ? transposed(y, to) : y]);
};

/** The product of batches, which broadcast. */
const batchMatMul: Lower = ([a, b], node, to) => {
  const [left, right] = batchOrientations(node).map((each) => each.transposed) as [boolean, boolean];
  const {dtype} = to.results[0]!;
  const [x, y] = [a!, b!].map((each) => {
    if (rankOf(each) < 2) notLowered('an operand is no matrix');
    if (each.dtype !== dtype && isFloating(dtype)) notLowered(`${each.dtype} makes ${dtype}`);
    return to.cast(each, dtype);
  }) as [OnnxTensor, OnnxTensor];
  return to.op('MatMul', [left ? transposed(x, to) : x, right ? transposed(y, to) : y]);
};

/** The first version of the op does not broadcast. */
const equalBatches: Lower = ([a, b], node, to) => {
  const rank = rankOf(a!);
  if (rank !== rankOf(b!)) notLowered('the batches differ');
  return batchMatMul([a!, shapedLike(b!, a!, to, rank - 2)], node, to);
};

/** `a[1] b[2] - a[2] b[1]` and so on: two products of elements in turn. */
const cross: Lower = ([a, b], _node, to) => {
  const rank = rankOf(a!);
  if (a!.shape!.at(-1) !== 3) notLowered('the length of the vectors is not known');
  const other = shapedLike(b!, a!, to);
  const turned = (x: OnnxTensor, order: readonly number[]) =>
    to.op('Gather', [x, to.ints(order)], {axis: rank - 1});
  const [next, last] = [
    [1, 2, 0],
    [2, 0, 1],
  ] as const;
  return to.op('Sub', [
    to.op('Mul', [turned(a!, next), turned(other, last)]),
    to.op('Mul', [turned(a!, last), turned(other, next)]),
  ]);
};

export const products: LowerTable = {
  MatMul: matMul,
  BatchMatMul: equalBatches,
  BatchMatMulV2: batchMatMul,
  BatchMatMulV3: batchMatMul,
  Cross: cross,
};
