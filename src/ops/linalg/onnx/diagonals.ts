/**
 * Diagonals and bands of matrices as ops of ONNX: elements picked from places that are known before anything runs.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {allElementsOf, elementOf} from '../../../graph/known.js';
import {isKnown} from '../../../host/shape.js';
import {int32Array, sizeOf} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {dimensionsOf, reshapedTo} from '../../array/onnx/sizes.js';
import {selected} from '../../array/onnx/unwrapped.js';
import {rankOf, sizesKnown} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {type Band, bandOf, diagonalMatrix, diagonalRange, halfShape} from '../plan.js';

/** The diagonals that a node is about: the main one, unless it says otherwise. */
const diagonalNumbers = (k: OnnxTensor | undefined): readonly number[] =>
  k === undefined ? [0] : (allElementsOf(k) ?? notLowered('the diagonals are not known'));

/** The sizes of the last axes. */
function lastSizes(x: OnnxTensor, count: number): readonly number[] {
  if (rankOf(x) < count) notLowered('TensorFlow refuses this shape');
  const sizes = count === 0 ? [] : x.shape!.slice(-count);
  if (!isKnown(sizes)) notLowered('the size of a matrix is not known');
  return sizes as readonly number[];
}

/** Elements of the last axis, from places of which those of -1 are elsewhere. */
function picked(
  x: OnnxTensor,
  places: Int32Array,
  shape: readonly number[],
  elsewhere: OnnxTensor,
  to: OnnxBuilder,
): OnnxTensor {
  const data = places.map((place) => Math.max(place, 0));
  const found = to.op('Gather', [x, to.constant({dtype: 'int32', shape, data})], {axis: rankOf(x) - 1});
  if (!places.includes(-1)) return found;
  const isFound = to.constant({
    dtype: 'bool',
    shape,
    data: Uint8Array.from(places, (place) => Number(place >= 0)),
  });
  return selected(isFound, found, elsewhere, to);
}

/** The last `count` axes as one. */
function flattened(x: OnnxTensor, count: number, to: OnnxBuilder): OnnxTensor {
  if (count === 1) return x;
  const size = sizeOf(lastSizes(x, count));
  const flat = reshapedTo(x, [...dimensionsOf(x, to).slice(0, rankOf(x) - count), size], to);
  return {...flat, shape: [...x.shape!.slice(0, rankOf(x) - count), size]};
}

const zeroOf = (x: OnnxTensor, to: OnnxBuilder): OnnxTensor => to.cast(to.scalar('int32', 0), x.dtype);

const diagonalsOf: Lower = ([x, k, padding], node, to) => {
  const [rows, columns] = lastSizes(x!, 2) as [number, number];
  const band = bandOf(diagonalNumbers(k), rows, columns, node);
  const places = new Int32Array(band.count * band.length).fill(-1);
  for (let diagonal = band.low; diagonal <= band.high; diagonal++) {
    let [row, column] = [Math.max(-diagonal, 0), Math.max(diagonal, 0)];
    for (; row < rows && column < columns; row++, column++)
      places[band.position(row, column)] = row * columns + column;
  }
  return picked(flattened(x!, 2, to), places, band.shape, padding ?? zeroOf(x!, to), to);
};

/** Where the elements of a matrix are among packed diagonals. */
const placesIn = (band: Band, rows: number, columns: number): Int32Array =>
  int32Array(rows * columns, (i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return band.includes(row, column) ? band.position(row, column) : -1;
  });

const matrixOfDiagonals: Lower = ([diagonals, k, rowCount, columnCount, padding], node, to) => {
  const numbers = diagonalNumbers(k);
  const [low, high] = diagonalRange(numbers, node);
  const packed = low === high ? 1 : 2;
  const given = [rowCount, columnCount].map((each) =>
    each === undefined ? -1 : (elementOf(each) ?? notLowered('the size of the matrix is not known')),
  ) as [number, number];
  const {rows, columns, band} = diagonalMatrix(lastSizes(diagonals!, packed), numbers, given, node);
  const places = placesIn(band, rows, columns);
  const flat = flattened(diagonals!, packed, to);
  return picked(flat, places, [rows, columns], padding ?? zeroOf(diagonals!, to), to);
};

const replaceDiagonals: Lower = ([x, diagonals, k], node, to) => {
  const [rows, columns] = lastSizes(x!, 2) as [number, number];
  const band = bandOf(diagonalNumbers(k), rows, columns, node);
  const packed = lastSizes(diagonals!, band.shape.length);
  const lead = x!.shape!.slice(0, -2);
  const leadOfDiagonals = diagonals!.shape!.slice(0, -band.shape.length);
  const isSame =
    lead.length === leadOfDiagonals.length &&
    lead.every((size, i) => size === leadOfDiagonals[i]) &&
    packed.every((size, i) => size === band.shape[i]);
  // A batch of one matrix would be stretched.
  if (!isSame || lead.filter((size) => size === null).length > 0)
    notLowered('it is not known that matrices and diagonals go together');
  return picked(
    flattened(diagonals!, packed.length, to),
    placesIn(band, rows, columns),
    [rows, columns],
    x!,
    to,
  );
};

/** What is kept of each matrix: an upper and a lower triangle, of which either may be all. */
const bandPart: Lower = ([x, lower, upper], node, to) => {
  rankOf(x!);
  const [below, above] = [elementOf(lower), elementOf(upper)];
  if (below === undefined || above === undefined) notLowered('the band is not known');
  checkBand(x!, [below!, above!], node);
  const triangle = (from: OnnxTensor, k: number, isUpper: 0 | 1) =>
    to.op('Trilu', [from, to.scalar('int64', k)], {upper: isUpper});
  const withoutAbove = above! < 0 ? x! : triangle(x!, above!, 0);
  return below! < 0 ? withoutAbove : triangle(withoutAbove, -below!, 1);
};

/** TensorFlow refuses more diagonals than there are. */
function checkBand(x: OnnxTensor, band: readonly [number, number], {op}: OpNode): void {
  band.forEach((count, i) => {
    const size = x.shape!.at(i - 2);
    if (count > 0 && (size === null || size === undefined || count > size))
      notLowered(`it is not known that ${op} finds so many diagonals`);
  });
}

/** `Diag` makes the diagonal tensor `out[i, ..., i, ...] = x[i, ...]`. */
const diagonalTensor: Lower = ([x], _node, to) => {
  const shape = sizesKnown(x!);
  const size = sizeOf(shape);
  const places = int32Array(size * size, (i) => (i % (size + 1) === 0 ? i / (size + 1) : -1));
  const flat = {...to.reshape(x!, [size]), shape: [size]};
  return to.reshape(picked(flat, places, [size, size], zeroOf(x!, to), to), [...shape, ...shape]);
};

const diagonalOfTensor: Lower = ([x], node, to) => {
  const half = halfShape(sizesKnown(x!), node);
  const size = sizeOf(half);
  const flat = {...to.reshape(x!, [size * size]), shape: [size * size]};
  return to.reshape(
    picked(
      flat,
      int32Array(size, (i) => i * (size + 1)),
      [size],
      x!,
      to,
    ),
    half,
  );
};

const cross: Lower = ([a, b], _node, to) => {
  const axis = rankOf(a!) - 1;
  const isSame = a!.shape!.length === b!.shape?.length && a!.shape!.every((size, i) => size === b!.shape![i]);
  if (!isSame || a!.shape!.includes(null)) notLowered('it is not known that both shapes are the same');
  const rotated = (x: OnnxTensor, by: number) =>
    to.op('Gather', [x, to.ints([by % 3, (by + 1) % 3, (by + 2) % 3])], {axis});
  const product = (by: number) => to.op('Mul', [rotated(a!, by), rotated(b!, 3 - by)]);
  return to.op('Sub', [product(1), product(2)]);
};

/** Ops on diagonals and bands. */
export const diagonalRules: LowerTable = {
  MatrixDiag: ([x], node, to) => matrixOfDiagonals([x!], node, to),
  MatrixDiagV2: matrixOfDiagonals,
  MatrixDiagV3: matrixOfDiagonals,
  MatrixDiagPart: ([x], node, to) => diagonalsOf([x!], node, to),
  MatrixDiagPartV2: diagonalsOf,
  MatrixDiagPartV3: diagonalsOf,
  MatrixSetDiag: replaceDiagonals,
  MatrixSetDiagV2: replaceDiagonals,
  MatrixSetDiagV3: replaceDiagonals,
  MatrixBandPart: bandPart,
  Diag: diagonalTensor,
  DiagPart: diagonalOfTensor,
  Cross: cross,
};
