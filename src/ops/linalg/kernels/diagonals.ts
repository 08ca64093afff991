/**
 * Diagonals and bands of matrices: making, reading and replacing them.
 *
 * @module
 */

import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {concat} from '../../../tensors/movement.js';
import {takeElements} from '../../../tensors/rearrange.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {binaryMath} from '../../math/kernels/binary.js';
import {select} from '../../math/kernels/select.js';
import {invalid} from '../../node.js';
import {type Band, bandOf, diagonalMatrix, halfShape, matrixDimensions} from '../plan.js';

/** The diagonals that a node is about: the main one, unless it says otherwise. */
const diagonalNumbers = (k: Value | undefined): readonly number[] => k?.numbers() ?? [0];

const diagonalsOf: Kernel = ([x, k, padding], ctx) => {
  const {batch: lead, rows, columns} = matrixDimensions(x!.shape, ctx);
  const batch = sizeOf(lead);
  const band = bandOf(diagonalNumbers(k), rows, columns, ctx);
  const packed = band.count * band.length;
  const positions = (allocate('int32', batch * packed) as Int32Array).fill(-1);
  for (let b = 0; b < batch; b++) {
    for (let diagonal = band.low; diagonal <= band.high; diagonal++) {
      let [row, column] = [Math.max(-diagonal, 0), Math.max(diagonal, 0)];
      for (; row < rows && column < columns; row++, column++) {
        positions[b * packed + band.position(row, column)] = (b * rows + row) * columns + column;
      }
    }
  }
  return takeElements(x!, positions, [...lead, ...band.shape], padding);
};

/** Flat positions of matrix elements among packed diagonals, and elsewhere what `outside` gives. */
function matrixPositions(
  batch: number,
  rows: number,
  columns: number,
  band: Band,
  outside: (at: number) => number,
): Int32Array {
  const packed = band.count * band.length;
  const positions = allocate('int32', batch * rows * columns) as Int32Array;
  for (let b = 0, at = 0; b < batch; b++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) {
        positions[at] = band.includes(row, column) ? b * packed + band.position(row, column) : outside(at);
      }
    }
  }
  return positions;
}

const matrixOfDiagonals: Kernel = ([diagonals, k, rowCount, columnCount, padding], ctx) => {
  const {lead, rows, columns, band, shape} = diagonalMatrix(
    diagonals!.shape,
    diagonalNumbers(k),
    [rowCount?.number() ?? -1, columnCount?.number() ?? -1],
    ctx,
  );
  if (sizeOf(shape) >= 2 ** 31) {
    throw invalid(ctx, `a matrix of ${rows} x ${columns} is too large`);
  }
  const positions = matrixPositions(sizeOf(lead), rows, columns, band, () => -1);
  return takeElements(diagonals!, positions, shape, padding);
};

const replaceDiagonals: Kernel = ([x, diagonals, k], ctx) => {
  const {batch, rows, columns} = matrixDimensions(x!.shape, ctx);
  const band = bandOf(diagonalNumbers(k), rows, columns, ctx);
  const expected = [...batch, ...band.shape];
  // A range of one diagonal may still come as a row of its own.
  if (!sameShape(diagonals!.shape, expected)) {
    throw invalid(
      ctx,
      `diagonals must be of shape ${formatShape(expected)}, not ${formatShape(diagonals!.shape)}`,
    );
  }
  const all = concat([diagonals!.reshape([diagonals!.size]), x!.reshape([x!.size])], 0);
  const positions = matrixPositions(sizeOf(batch), rows, columns, band, (at) => diagonals!.size + at);
  return takeElements(all, positions, x!.shape);
};

/** Zeros beyond `lower` diagonals below and `upper` diagonals above the main one; negative numbers keep all. */
const bandPart: Kernel = ([x, lower, upper], ctx) => {
  const {rows, columns} = matrixDimensions(x!.shape, ctx);
  const [below, above] = [lower!.number(), upper!.number()];
  if (below > rows || above > columns) {
    throw invalid(ctx, `a matrix of ${rows} x ${columns} has no ${below} lower or ${above} upper diagonals`);
  }
  const isKept = new Uint8Array(rows * columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) {
      isKept[at] = Number((below < 0 || i - j <= below) && (above < 0 || j - i <= above));
    }
  }
  return select(Value.host('bool', [rows, columns], isKept), x!, Value.scalar(x!.dtype, 0));
};

/** `Diag` makes the diagonal tensor `out[i, ..., i, ...] = x[i, ...]`. */
const diagonalTensor: Kernel = ([x]) => {
  const size = x!.size;
  const positions = (allocate('int32', size * size) as Int32Array).fill(-1);
  for (let i = 0; i < size; i++) positions[i * size + i] = i;
  return takeElements(x!, positions, [...x!.shape, ...x!.shape]);
};

const diagonalOfTensor: Kernel = ([x], ctx) => {
  const half = halfShape(x!.shape, ctx);
  const size = sizeOf(half);
  const positions = int32Array(size, (i) => i * (size + 1));
  return takeElements(x!, positions, half);
};

/** The cross product of vectors of three elements along the last axis. */
const cross: Kernel = ([a, b], ctx) => {
  if (!sameShape(a!.shape, b!.shape) || a!.shape.at(-1) !== 3) {
    throw invalid(
      ctx,
      `two times vectors of 3 are needed, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}`,
    );
  }
  const rotate = (x: Value, by: number): Value =>
    takeElements(
      x,
      int32Array(x.size, (i) => i - (i % 3) + ((i + by) % 3)),
      x.shape,
    );
  const times = (x: Value, y: Value): Value => binaryMath.Mul!.kernel([x, y], ctx) as Value;
  return binaryMath.Sub!.kernel(
    [times(rotate(a!, 1), rotate(b!, 2)), times(rotate(a!, 2), rotate(b!, 1))],
    ctx,
  );
};

export const diagonals: OpFamily = {
  MatrixDiag: {kernel: ([x], ctx) => matrixOfDiagonals([x!], ctx)},
  MatrixDiagV2: {kernel: matrixOfDiagonals},
  MatrixDiagV3: {kernel: matrixOfDiagonals},
  MatrixDiagPart: {kernel: ([x], ctx) => diagonalsOf([x!], ctx)},
  MatrixDiagPartV2: {kernel: diagonalsOf},
  MatrixDiagPartV3: {kernel: diagonalsOf},
  MatrixSetDiag: {kernel: replaceDiagonals},
  MatrixSetDiagV2: {kernel: replaceDiagonals},
  MatrixSetDiagV3: {kernel: replaceDiagonals},
  MatrixBandPart: {kernel: bandPart},
  Diag: {kernel: diagonalTensor},
  DiagPart: {kernel: diagonalOfTensor},
  Cross: {kernel: cross},
};
