/**
 * Shapes of matrices: what a product, an equation, a band of diagonals or a decomposition makes of them. Sizes of `D` may be
 * unknown.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {broadcastShapes, derived, formatShape, mergeShapes, type PartialShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** How an operand is read before it is multiplied. */
export interface Orientation {
  /** Swap the last two axes. */
  readonly transposed: boolean;
  /** Take the complex conjugate. */
  readonly conjugated?: boolean;
}

/** The matrices of a product: `rows` x `depth` times `depth` x `columns`, for each of `batch`. */
export interface ProductPlan<D> {
  readonly batch: readonly D[];
  readonly rows: D;
  readonly depth: D;
  readonly columns: D;
  readonly shape: readonly D[];
}

/** The plan of a product of the last two dimensions, in which the others are broadcast. */
export function productPlan<D extends number | null>(
  x: readonly D[],
  y: readonly D[],
  [orientX, orientY]: readonly [Orientation, Orientation],
  node: OpNode,
): ProductPlan<D> {
  if (x.length < 2 || y.length < 2) {
    throw invalid(node, `matrices are needed, got ${formatShape(x)} and ${formatShape(y)}`);
  }
  const [rows, depth] = matrixShape(x, orientX);
  const [depthY, columns] = matrixShape(y, orientY);
  const batch = broadcastShapes(x.slice(0, -2), y.slice(0, -2));
  const fits = depth === depthY || depth === null || depthY === null;
  if (!fits || batch === undefined) {
    throw invalid(node, `cannot multiply ${formatShape(x)} by ${formatShape(y)}`);
  }
  return {batch, rows, depth: depth ?? depthY, columns, shape: [...batch, rows, columns]};
}

function matrixShape<D>(shape: readonly D[], {transposed}: Orientation): [D, D] {
  const [rows, columns] = shape.slice(-2) as [D, D];
  return transposed ? [columns, rows] : [rows, columns];
}

/** How the operands of MatMul are read. */
export function matMulOrientations({attrs}: OpNode): [Orientation, Orientation] {
  return [{transposed: attrs.bool('transpose_a')}, {transposed: attrs.bool('transpose_b')}];
}

/** How the operands of BatchMatMul are read: the adjoint of a batch is its conjugate transpose. */
export function batchOrientations({attrs}: OpNode): [Orientation, Orientation] {
  const orient = (name: string): Orientation => {
    const adjoint = attrs.bool(name);
    return {transposed: adjoint, conjugated: adjoint};
  };
  return [orient('adj_x'), orient('adj_y')];
}

interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
}

/** What an equation of Einstein summation says of operands of some shapes. */
export interface EinsumPlan<D> {
  /** For each operand the names of its axes. Those that an ellipsis stands for are named `.0`, `.1`, ... from the right. */
  readonly labels: readonly (readonly string[])[];
  readonly sizes: ReadonlyMap<string, D>;
  readonly output: readonly string[];
  readonly shape: readonly D[];
}

/** The plan of the node's equation. */
export function einsumPlan<D extends number | null>(
  shapes: readonly (readonly D[])[],
  node: OpNode,
): EinsumPlan<D> {
  const text = node.attrs.string('equation');
  const equation = parseEquation(text, node);
  if (equation.inputs.length !== shapes.length) {
    throw invalid(node, `equation '${text}' does not have ${shapes.length} operands`);
  }
  const labels = shapes.map((shape, i) => operandLabels(shape, equation.inputs[i]!, node));
  const sizes = axisSizes(shapes, labels, node);
  const ellipsis = Math.max(...labels.map((each) => each.filter(isOpen).length));
  if (ellipsis > 0 && !equation.output.includes('...')) {
    throw invalid(node, `equation '${text}': axes under '...' are missing from the output`);
  }
  const output = axisLabels(equation.output, ellipsis);
  const unknown = output.find((label) => !sizes.has(label));
  if (unknown !== undefined) throw invalid(node, `equation '${text}': no operand has the axis '${unknown}'`);
  return {labels, sizes, output, shape: output.map((label) => sizes.get(label)!)};
}

/** The rank that the node's equation says of each operand; undefined where that has an ellipsis. */
export function einsumRanks(node: OpNode): readonly (number | undefined)[] {
  const {inputs} = parseEquation(node.attrs.string('equation'), node);
  return inputs.map((term) => (term.includes('...') ? undefined : term.length));
}

function parseEquation(text: string, node: OpNode): Equation {
  const match = /^\s*([^>]*?)\s*->\s*([^>]*?)\s*$/.exec(text);
  if (match === null) throw invalid(node, `equation '${text}' has no output`);
  const inputs = match[1]!.split(',').map((each) => each.trim());
  for (const term of [...inputs, match[2]!]) {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(term)) throw invalid(node, `equation '${text}' is malformed`);
  }
  return {inputs, output: match[2]!};
}

/** The axis names of a term; `ellipsis` is the number of axes that its `...` stands for. */
function axisLabels(term: string, ellipsis: number): string[] {
  const [before, after] = term.split('...') as [string, string | undefined];
  if (after === undefined) return [...before];
  const open = Array.from({length: ellipsis}, (_, i) => `.${ellipsis - 1 - i}`);
  return [...before, ...open, ...after];
}

const isOpen = (label: string): boolean => label.startsWith('.');

function operandLabels(shape: PartialShape & {}, term: string, node: OpNode): string[] {
  const named = term.replace('...', '').length;
  const ellipsis = shape.length - named;
  if (ellipsis < 0 || (ellipsis > 0 && !term.includes('...'))) {
    throw invalid(node, `'${term}' does not fit an operand of shape ${formatShape(shape)}`);
  }
  return axisLabels(term, ellipsis);
}

/** The size of each axis name; a size of 1 gives way to another one only where an ellipsis broadcasts. */
function axisSizes<D extends number | null>(
  shapes: readonly (readonly D[])[],
  labels: readonly (readonly string[])[],
  node: OpNode,
): Map<string, D> {
  const sizes = new Map<string, D>();
  for (const [i, shape] of shapes.entries()) {
    for (const [axis, label] of labels[i]!.entries()) {
      const size = shape[axis]!;
      const known = sizes.has(label) ? sizes.get(label)! : size;
      const common = isOpen(label) ? broadcastShapes([known], [size]) : mergeShapes([known], [size]);
      if (!common) {
        throw invalid(node, `axis '${label}' has ${known} elements in one operand and ${size} in the other`);
      }
      sizes.set(label, common[0] as D);
    }
  }
  return sizes;
}

/**
 * The diagonals from `low` to `high` of a matrix (0 is the main one, positive ones lie above it), and how they are
 * packed as the rows of a smaller matrix, the highest first, each padded to the longest.
 */
export class Band {
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
function alignment({attrs}: OpNode): string {
  return attrs.has('align') ? attrs.string('align') : 'LEFT_LEFT';
}

/** The lowest and the highest diagonal, from one number or two. */
export function diagonalRange(range: readonly number[], node: OpNode): [number, number] {
  if (range.length < 1 || range.length > 2)
    throw invalid(node, `k must be one or two numbers, not ${range.length}`);
  const [low, high = low] = range as readonly [number, number?];
  if (low > high!) throw invalid(node, `diagonal ${low} is above diagonal ${high}`);
  return [low, high!];
}

/** The band of a matrix of this size. */
export function bandOf(k: readonly number[], rows: number, columns: number, node: OpNode): Band {
  const range = diagonalRange(k, node);
  for (const diagonal of range) {
    if (diagonal !== 0 && (diagonal <= -rows || diagonal >= columns)) {
      throw invalid(node, `a matrix of ${rows} x ${columns} has no diagonal ${diagonal}`);
    }
  }
  return new Band(range, rows, columns, alignment(node));
}

/** A matrix that has some diagonals: its size, and the shape of all of a batch. */
export interface DiagonalMatrix {
  readonly lead: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly band: Band;
  readonly shape: readonly number[];
}

/** The matrices that packed diagonals of this shape make; `rows` and `columns` of -1 are not given. */
export function diagonalMatrix(
  shape: readonly number[],
  k: readonly number[],
  [rowCount, columnCount]: readonly [number, number],
  node: OpNode,
): DiagonalMatrix {
  const [low, high] = diagonalRange(k, node);
  const trailing = low === high ? 1 : 2;
  const length = shape.at(-1);
  if (length === undefined || (trailing === 2 && shape.at(-2) !== high - low + 1)) {
    throw invalid(node, `${formatShape(shape)} does not hold diagonals ${low} to ${high}`);
  }
  const least: [number, number] = [length - Math.min(high, 0), length + Math.max(low, 0)];
  const [rows, columns] = matrixSize(rowCount, columnCount, least, node);
  const lead = shape.slice(0, -trailing);
  return {lead, rows, columns, band: bandOf(k, rows, columns, node), shape: [...lead, rows, columns]};
}

/** The size of a matrix from what is given of it (-1 is not) and the least that its diagonals need. */
function matrixSize(
  rows: number,
  columns: number,
  [leastRows, leastColumns]: readonly [number, number],
  node: OpNode,
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
      node,
      `a matrix of ${size.join(' x ')} does not fit diagonals for ${leastRows} x ${leastColumns}`,
    );
  }
  return size;
}

/** The shape twice over that a tensor is the diagonal of, taken once. */
export function halfShape<D extends number | null>(shape: readonly D[], node: OpNode): readonly D[] {
  const half = shape.slice(0, shape.length / 2);
  const rest = shape.slice(half.length);
  const fits = half.every((dim, i) => dim === rest[i] || dim === null || rest[i] === null);
  if (shape.length % 2 === 1 || shape.length === 0 || !fits) {
    throw invalid(node, `${formatShape(shape)} is not a shape twice over`);
  }
  return half.map((dim, i) => dim ?? rest[i]!);
}

/** The size of square matrices. */
export function squareSize<D extends number | null>(shape: readonly D[], node: OpNode): D {
  const [rows, columns] = shape.slice(-2);
  const isSquare = rows === columns || rows === null || columns === null;
  if (shape.length < 2 || !isSquare) {
    throw invalid(node, `square matrices are needed, got ${formatShape(shape)}`);
  }
  return (rows ?? columns)!;
}

/** A system of equations: `size` of them, with so many right sides, for each of a batch. */
export interface SolvePlan<D> {
  readonly size: D;
  readonly columns: D;
  readonly batch: readonly D[];
  readonly shape: readonly D[];
}

/** The plan of solving with matrices `a` for right sides `b`; batches are the same, or broadcast where the op allows it. */
export function solvePlan<D extends number | null>(
  a: readonly D[],
  b: readonly D[],
  broadcasts: boolean,
  node: OpNode,
): SolvePlan<D> {
  const size = squareSize(a, node);
  const [batchA, batchB] = [a.slice(0, -2), b.slice(0, -2)];
  const batch = broadcasts
    ? broadcastShapes(batchA, batchB)
    : (mergeShapes(batchA, batchB) as D[] | undefined);
  const rows = b.at(-2);
  const fits = b.length >= 2 && (rows === size || rows === null || size === null);
  if (!fits || batch === undefined) {
    throw invalid(node, `${formatShape(a)} cannot be solved for ${formatShape(b)}`);
  }
  const [n, columns] = [(size ?? rows) as D, b.at(-1)!];
  return {size: n, columns, batch, shape: [...batch, n, columns]};
}

const least = <D extends number | null>(rows: D, columns: D): D => derived(Math.min, rows, columns);

/** Q and R. */
export function qrShapes<D extends number | null>(
  rows: D,
  columns: D,
  {attrs}: OpNode,
): readonly (readonly D[])[] {
  const inner = attrs.bool('full_matrices') ? rows : least(rows, columns);
  return [
    [rows, inner],
    [inner, columns],
  ];
}

/** Eigenvalues and eigenvectors. */
export function eigenShapes<D extends number | null>(
  rows: D,
  columns: D,
  node: OpNode,
): readonly (readonly D[])[] {
  if (rows !== columns && rows !== null && columns !== null) {
    throw invalid(node, `a square matrix is needed, not ${rows} x ${columns}`);
  }
  const size = rows ?? columns;
  return [[size], [size, size]];
}

/** Singular values, and the vectors on the left and on the right. */
export function svdShapes<D extends number | null>(
  rows: D,
  columns: D,
  {attrs}: OpNode,
): readonly (readonly D[])[] {
  const count = least(rows, columns);
  const full = attrs.bool('full_matrices');
  return [[count], [rows, full ? rows : count], [columns, full ? columns : count]];
}

/** The number of rows and of columns of each of some matrices, and their batch. */
export function matrixDimensions<D extends number | null>(
  shape: readonly D[],
  node: OpNode,
): {readonly batch: readonly D[]; readonly rows: D; readonly columns: D} {
  if (shape.length < 2) throw invalid(node, `a matrix is needed, got ${formatShape(shape)}`);
  const [rows, columns] = shape.slice(-2) as [D, D];
  return {batch: shape.slice(0, -2), rows, columns};
}
