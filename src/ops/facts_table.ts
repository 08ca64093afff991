/**
 * What a table of facts says of an op: what a planner, a compiler or a check has to know beside how the op is computed.
 *
 * @module
 */

import type {PartialShape} from '../host/shape.js';
import {partialSizeOf} from '../host/shape.js';

/** Facts about one op; what is absent is not so. */
export interface OpFacts {
  /**
   * Which rank TensorFlow's kernel demands of inputs that are sizes, axes, bounds or places, by the input's name. Inputs that are
   * not here are checked by the kernel, if anything of them is to be checked.
   */
  readonly inputRanks?: Readonly<Record<string, RankRule>>;
  /** Inputs whose elements decide the shape of an output (sizes, axes): with these known, shapes are. */
  readonly constantInputs?: readonly string[];
  /** Sizes of outputs follow from elements of inputs that are no sizes, so that they are known only when it has run. */
  readonly dataDependent?: true;
  /** `host`: its results are made in host memory, wherever its inputs are. Of others it depends on the inputs. */
  readonly residence?: 'host';
  /** `none`: its result does not depend on its float inputs as far as gradients go; TensorFlow's gradient is none or zero. */
  readonly gradient?: 'none';
  /** Stateful, yet running it again gives the same and changes nothing: it reads, checks or prints, or keeps a state for the run alone. */
  readonly repeatable?: true;
  /** It gives values of others on as they are (or what it calls does), so that a result may be a constant. */
  readonly handsOn?: true;
}

/** Facts by op. */
export type FactTable = Readonly<Record<string, OpFacts>>;

/** `common` for all of these ops, and what is said of single ones beside it. */
export function factsFor(common: OpFacts, ops: readonly string[], own: FactTable = {}): FactTable {
  return {...own, ...Object.fromEntries(ops.map((op) => [op, {...own[op], ...common}]))};
}

/** What the shape of an input has to be. */
export type RankRule = keyof typeof RANK_RULES;

/** Rules for ranks, and how they are said in words. A shape of which too little is known holds. */
export const RANK_RULES = {
  scalar: {holds: (shape: PartialShape) => hasRank(shape, 0), words: 'a scalar'},
  vector: {holds: (shape: PartialShape) => hasRank(shape, 1), words: 'a vector'},
  matrix: {holds: (shape: PartialShape) => hasRank(shape, 2), words: 'a matrix'},
  flat: {holds: (shape: PartialShape) => hasRank(shape, 0, 1), words: 'a scalar or a vector'},
  // What was a scalar before TensorFlow told scalars from vectors of one element.
  legacyScalar: {
    holds: (shape: PartialShape) => hasRank(shape, 0, 1) && hasOneElement(shape),
    words: 'a scalar',
  },
  single: {holds: (shape: PartialShape) => hasOneElement(shape), words: 'one element'},
} as const;

function hasRank(shape: PartialShape, ...ranks: readonly number[]): boolean {
  return shape === null || ranks.includes(shape.length);
}

function hasOneElement(shape: PartialShape): boolean {
  const size = partialSizeOf(shape);
  return size === null || size === 1;
}
