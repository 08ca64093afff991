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
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {binaryMath} from '../../math/kernels/binary.js';
import {select} from '../../math/kernels/select.js';
import {invalid} from '../../node.js';

/**
 * The diagonals from `low` to `high` of a matrix (0 is the main one, positive ones lie above it), and how they are
 * packed as the rows of a smaller matrix, the highest first, each padded to the longest.
 */
class Band {
  readonly low: number;
  readonly high: number;
  readonly length: number;
  readonly #rows: number;
  readonly #columns: number;
  readonly #align: string;

  /** @param align - `LEFT_RIGHT` and so on: where the diagonals above, and below, the main one are aligned */
  constructor([low, high]: readonly [number, number], rows: number, columns: number, align: string) {
    this.low = low;
    this.high = high;
    this.#rows = rows;
    this.#columns = columns;
    this.#align = align;
    this.length = Math.min(rows + Math.min(high, 0), columns + Math.min(-low, 0));
  }

  get count(): number {
    return this.high - this.low + 1;
  }

  /** Shape of the packed diagonals of one matrix. */
  get shape(): number[] {
    return this.low === this.high ? [this.length] : [this.count, this.length];
  }

  includes(row: number, column: number): boolean {
    return column - row >= this.low && column - row <= this.high;
  }

  /** Position of a matrix element among the packed diagonals. */
  position(row: number, column: number): number {
    const diagonal = column - row;
    const along = Math.min(row, column);
    return (this.high - diagonal) * this.length + along + this.#offset(diagonal);
  }

  /** By how much the elements of a diagonal are shifted from the left. */
  #offset(diagonal: number): number {
    const [above, below] = this.#align.split('_');
    const isLeft = (diagonal >= 0 && above === 'LEFT') || (diagonal <= 0 && below === 'LEFT');
    const {length} = this;
    const own = Math.min(this.#rows + Math.min(diagonal, 0), this.#columns - Math.max(diagonal, 0));
    return isLeft ? 0 : length - own;
  }
}

/** The first two versions of these ops have no `align` attribute and align everything left. */
function alignment(ctx: KernelContext): string {
  return ctx.attrs.has('align') ? ctx.attrs.string('align') : 'LEFT_LEFT';
}

/** The lowest and the highest diagonal, from one number or two. */
function diagonalRange(k: Value | undefined, ctx: KernelContext): [number, number] {
  const range = k?.numbers() ?? [0];
  if (range.length < 1 || range.length > 2)
    throw invalid(ctx, `k must be one or two numbers, not ${range.length}`);
  const [low, high = low] = range as [number, number?];
  if (low! > high!) throw invalid(ctx, `diagonal ${low} is above diagonal ${high}`);
  return [low!, high!];
}

function bandOf(k: Value | undefined, rows: number, columns: number, ctx: KernelContext): Band {
  const range = diagonalRange(k, ctx);
  for (const diagonal of range) {
    if (diagonal !== 0 && (diagonal <= -rows || diagonal >= columns)) {
      throw invalid(ctx, `a matrix of ${rows} x ${columns} has no diagonal ${diagonal}`);
    }
  }
  return new Band(range, rows, columns, alignment(ctx));
}

function matrixDimensions(x: Value, ctx: KernelContext): [batch: number, rows: number, columns: number] {
  if (x.rank < 2) throw invalid(ctx, `a matrix is needed, got ${formatShape(x.shape)}`);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return [sizeOf(x.shape.slice(0, -2)), rows, columns];
}

const diagonalsOf: Kernel = ([x, k, padding], ctx) => {
  const [batch, rows, columns] = matrixDimensions(x!, ctx);
  const band = bandOf(k, rows, columns, ctx);
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
  return takeElements(x!, positions, [...x!.shape.slice(0, -2), ...band.shape], padding);
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
  const [low, high] = diagonalRange(k, ctx);
  const trailing = low === high ? 1 : 2;
  const {shape} = diagonals!;
  const length = shape.at(-1);
  if (length === undefined || (trailing === 2 && shape.at(-2) !== high - low + 1)) {
    throw invalid(ctx, `${formatShape(shape)} does not hold diagonals ${low} to ${high}`);
  }
  const least: [number, number] = [length - Math.min(high, 0), length + Math.max(low, 0)];
  const [rows, columns] = matrixSize(rowCount?.number() ?? -1, columnCount?.number() ?? -1, least, ctx);
  const band = bandOf(k ?? Value.scalar('int32', 0), rows, columns, ctx);
  const lead = shape.slice(0, -trailing);
  if (sizeOf([...lead, rows, columns]) >= 2 ** 31) {
    throw invalid(ctx, `a matrix of ${rows} x ${columns} is too large`);
  }
  const positions = matrixPositions(sizeOf(lead), rows, columns, band, () => -1);
  return takeElements(diagonals!, positions, [...lead, rows, columns], padding);
};

/** The size of a matrix from what is given of it (-1 is not) and the least that its diagonals need. */
function matrixSize(
  rows: number,
  columns: number,
  [leastRows, leastColumns]: readonly [number, number],
  ctx: KernelContext,
): [number, number] {
  const square = Math.max(leastRows, leastColumns);
  const isFree = rows === -1 && columns === -1;
  const size: [number, number] = [
    rows === -1 ? (isFree ? square : leastRows) : rows,
    columns === -1 ? (isFree ? square : leastColumns) : columns,
  ];
  const isTight = size[0] === leastRows || size[1] === leastColumns;
  if (size[0] < leastRows || size[1] < leastColumns || !isTight) {
    throw invalid(
      ctx,
      `a matrix of ${size.join(' x ')} does not fit diagonals for ${leastRows} x ${leastColumns}`,
    );
  }
  return size;
}

const replaceDiagonals: Kernel = ([x, diagonals, k], ctx) => {
  const [batch, rows, columns] = matrixDimensions(x!, ctx);
  const band = bandOf(k, rows, columns, ctx);
  const expected = [...x!.shape.slice(0, -2), ...band.shape];
  // A range of one diagonal may still come as a row of its own.
  if (!sameShape(diagonals!.shape, expected)) {
    throw invalid(
      ctx,
      `diagonals must be of shape ${formatShape(expected)}, not ${formatShape(diagonals!.shape)}`,
    );
  }
  const all = concat([diagonals!.reshape([diagonals!.size]), x!.reshape([x!.size])], 0);
  const positions = matrixPositions(batch, rows, columns, band, (at) => diagonals!.size + at);
  return takeElements(all, positions, x!.shape);
};

/** Zeros beyond `lower` diagonals below and `upper` diagonals above the main one; negative numbers keep all. */
const bandPart: Kernel = ([x, lower, upper], ctx) => {
  const [, rows, columns] = matrixDimensions(x!, ctx);
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
  const half = x!.shape.slice(0, x!.rank / 2);
  if (x!.rank % 2 === 1 || x!.rank === 0 || !sameShape(half, x!.shape.slice(half.length))) {
    throw invalid(ctx, `${formatShape(x!.shape)} is not a shape twice over`);
  }
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
