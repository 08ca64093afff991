/**
 * Shapes of products, summations, diagonals and decompositions.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {allElementsOf, elementOf, type Inferred, type Known, SCALAR, UNKNOWN} from '../../graph/known.js';
import {isKnown, type PartialShape} from '../../host/shape.js';
import {commonShape, forAll, ofRank, shapeOfInput} from '../infer_rules.js';
import * as plan from './plan.js';

const product =
  (orientations: (node: OpNode) => [plan.Orientation, plan.Orientation]): Infer =>
  ([x, y], node) => [
    x!.shape === null || y!.shape === null
      ? UNKNOWN
      : {shape: plan.productPlan(x!.shape, y!.shape, orientations(node), node).shape},
  ];

/** Two matrices, whether their rank is known or not. */
const matMul: Infer = (inputs, node, functions) =>
  product(plan.matMulOrientations)(
    inputs.map((each) => (each.shape === null ? {...each, shape: [null, null]} : each)),
    node,
    functions,
  );

const einsum: Infer = (inputs, node) => {
  const ranks = plan.einsumRanks(node);
  const shapes = inputs.map(({shape}, i) => shape ?? ofRank(ranks[i]).shape);
  const areRanked = shapes.every((shape) => shape !== null);
  return [areRanked ? {shape: plan.einsumPlan(shapes, node).shape} : UNKNOWN];
};

/** The diagonals that a node is about: the main one, where it has no input that says so. */
const diagonalsOf = (k: Known | undefined): number[] | undefined =>
  k === undefined ? [0] : allElementsOf(k);

const diagonalParts: Infer = ([x, k], node) => {
  const range = diagonalsOf(k);
  if (x!.shape === null || range === undefined) return [UNKNOWN];
  const {batch, rows, columns} = plan.matrixDimensions(x!.shape, node);
  if (rows !== null && columns !== null) {
    return [{shape: [...batch, ...plan.bandOf(range, rows, columns, node).shape]}];
  }
  const [low, high] = plan.diagonalRange(range, node);
  return [{shape: low === high ? [...batch, null] : [...batch, high - low + 1, null]}];
};

const matrixOfDiagonals: Infer = ([diagonals, k, rows, columns], node) => {
  const range = diagonalsOf(k);
  const {shape} = diagonals!;
  if (shape === null || range === undefined) return [UNKNOWN];
  const given = [rows, columns].map((count) => (count === undefined ? -1 : elementOf(count)));
  const [low, high] = plan.diagonalRange(range, node);
  // Batches may be unknown: the matrices themselves depend on the last dimensions.
  const packed = shape.slice(low === high ? -1 : -2);
  const lead = shape.slice(0, shape.length - packed.length);
  const [rowCount, columnCount] = given;
  if (!isKnown(packed) || rowCount === undefined || columnCount === undefined) {
    return [{shape: [...lead, null, null]}];
  }
  const matrix = plan.diagonalMatrix(packed, range, [rowCount, columnCount], node);
  return [{shape: [...lead, ...matrix.shape]}];
};

const doubled: Infer = ([x]) => [{shape: x!.shape && [...x!.shape, ...x!.shape]}];

const halved: Infer = ([x], node) => [{shape: x!.shape && plan.halfShape(x!.shape, node)}];

/** An op on square matrices. */
const square =
  (shapesOf: (batch: PartialShape & {}, size: number | null) => readonly Inferred[], count: number): Infer =>
  ([x], node) => {
    if (x!.shape === null) return new Array(count).fill(UNKNOWN);
    return shapesOf(x!.shape.slice(0, -2), plan.squareSize(x!.shape, node));
  };

const sameMatrix = square((batch, size) => [{shape: [...batch, size, size]}], 1);

const solve =
  (broadcasts: boolean): Infer =>
  ([a, b], node) => [
    a!.shape === null || b!.shape === null
      ? ofRank(broadcasts ? null : (a!.shape ?? b!.shape)?.length)
      : {shape: plan.solvePlan(a!.shape, b!.shape, broadcasts, node).shape},
  ];

/** An op that takes each matrix apart; of factors that the node does not want there are none. */
const factors =
  (
    shapesOf: (rows: number | null, columns: number | null, node: OpNode) => readonly PartialShape[],
    count: number,
    wants = (_: OpNode) => true,
  ): Infer =>
  ([x], node) => {
    if (x!.shape === null) return new Array(count).fill(UNKNOWN);
    const {batch, rows, columns} = plan.matrixDimensions(x!.shape, node);
    return shapesOf(rows, columns, node).map((shape, i) =>
      i === 0 || wants(node) ? {shape: [...batch, ...shape!]} : SCALAR,
    );
  };

const cross: Infer = (inputs, node) => [{shape: commonShape(inputs, node)}];

export const infer: InferTable = {
  MatMul: matMul,
  ...forAll(product(plan.batchOrientations), ['BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3']),
  Einsum: einsum,
  ...forAll(matrixOfDiagonals, ['MatrixDiag', 'MatrixDiagV2', 'MatrixDiagV3']),
  ...forAll(diagonalParts, ['MatrixDiagPart', 'MatrixDiagPartV2', 'MatrixDiagPartV3']),
  ...forAll(shapeOfInput(), ['MatrixSetDiag', 'MatrixSetDiagV2', 'MatrixSetDiagV3', 'MatrixBandPart']),
  Diag: doubled,
  DiagPart: halved,
  Cross: cross,
  ...forAll(sameMatrix, ['MatrixInverse', 'Cholesky']),
  MatrixDeterminant: square((batch) => [{shape: batch}], 1),
  LogMatrixDeterminant: square((batch) => [{shape: batch}, {shape: batch}], 2),
  MatrixSolve: solve(false),
  MatrixTriangularSolve: solve(true),
  Qr: factors(plan.qrShapes, 2),
  SelfAdjointEigV2: factors(plan.eigenShapes, 2, ({attrs}) => attrs.bool('compute_v')),
  Svd: factors(plan.svdShapes, 3, ({attrs}) => attrs.bool('compute_uv')),
};
