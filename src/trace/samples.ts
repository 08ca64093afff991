/**
 * What a function is run on while it is traced: tensors whose unknown dimensions have another size in each run.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {TensorStructure} from '../graph/nest.js';
import {dtypeInfo} from '../host/dtypes.js';

/** One way to choose the sizes of the unknown dimensions. */
export interface Sampling {
  /** Dimensions that have one size together, by their keys; the others are unlike. */
  readonly groups: Groups;
  /** What the sizes are multiplied with, but for those of the first dimension. */
  readonly scale: number;
}

/** A group for each unknown dimension, by `spec axis`. */
type Groups = ReadonlyMap<string, string>;

/**
 * Sizes of an unknown dimension in each run, one row per dimension. No row is another times a number plus a number, so
 * that formulas over them can be told apart; all are small, since the function is really run.
 */
const SIZES: readonly (readonly number[])[] = [
  [3, 2, 5, 4, 6, 8],
  [5, 7, 3, 2, 4, 9],
  [2, 5, 7, 11, 3, 4],
  [7, 3, 2, 9, 5, 11],
  [4, 11, 6, 3, 2, 7],
  [6, 4, 9, 13, 8, 3],
  [11, 6, 4, 5, 9, 2],
  [9, 13, 11, 6, 7, 5],
];

/** Ranks that tensors of unknown rank have in each run. */
const RANKS = [2, 3, 1, 4];

/** Up to this many unknown dimensions, every way to make some of them alike is tried. */
const MOST_GROUPED = 4;

/**
 * Ways to choose sizes, to be tried in turn. All unknown dimensions are unlike at first. A function may need some to be
 * alike (two batches that are added), and then it fails on unlike ones; it may also need larger ones, or such as can be
 * halved several times.
 */
export function samplings(specs: readonly TensorStructure[]): Sampling[] {
  const keys = unknownDimensions(specs);
  const groupings = keys.length <= MOST_GROUPED ? partitions(keys) : fewGroupings(keys);
  return [1, 8, 32].flatMap((scale) => groupings.map((groups) => ({groups, scale})));
}

/** Ways to have one dimension fewer alike, where not every way was tried. */
export function* looser({groups, scale}: Sampling): Generator<Sampling> {
  if (groups.size <= MOST_GROUPED) return;
  const size = new Map<string, number>();
  for (const group of groups.values()) size.set(group, (size.get(group) ?? 0) + 1);
  for (const [key, group] of groups) {
    if (size.get(group)! > 2) yield {groups: new Map([...groups, [key, `alone ${key}`]]), scale};
  }
}

function unknownDimensions(specs: readonly TensorStructure[]): string[] {
  return specs.flatMap(({shape}, spec) => {
    // Of unknown ranks, dimensions meet from the back.
    if (shape === null) return Array.from({length: Math.max(...RANKS)}, (_, i) => `${spec} ${-i - 1}`);
    return shape.flatMap((dim, axis) => (dim === null ? [`${spec} ${axis}`] : []));
  });
}

/** Every partition of the keys, those of most groups first. */
function partitions(keys: readonly string[]): Groups[] {
  let all: string[][] = [[]];
  for (const key of keys) {
    all = all.flatMap((each) => [key, ...new Set(each)].map((group) => [...each, group]));
  }
  const count = (groups: readonly string[]): number => new Set(groups).size;
  return all
    .sort((a, b) => count(b) - count(a))
    .map((groups) => new Map(keys.map((key, i) => [key, groups[i]!])));
}

/** All unlike, equal batches, equal axes, all alike. */
function fewGroupings(keys: readonly string[]): Groups[] {
  const axisOf = (key: string): string => key.split(' ')[1]!;
  const rules: ((key: string) => string)[] = [
    (key) => key,
    (key) => (axisOf(key) === '0' ? 'batch' : key),
    axisOf,
    () => 'all',
  ];
  return rules.map((rule) => new Map(keys.map((key) => [key, rule(key)])));
}

/** Numbers of the runs that tell what is to be told. */
export function runsFor(specs: readonly TensorStructure[]): number[] {
  if (specs.every(({shape}) => shape?.every((dim) => dim !== null))) return [0, 1, 2];
  return [0, 1, 2, 3];
}

/** Numbers of the runs that put to the test what was gathered from those of {@link runsFor}. */
export function moreRuns(specs: readonly TensorStructure[]): number[] {
  if (specs.every(({shape}) => shape?.every((dim) => dim !== null))) return [];
  return [RANKS.length, RANKS.length + 1];
}

/** A run of the same ranks as run number `run`, with other sizes. */
export function runAgain(run: number): number {
  return run + RANKS.length;
}

/** The shapes of all samples in a run. */
export function sampleShapes(
  specs: readonly TensorStructure[],
  {groups, scale}: Sampling,
  run: number,
): number[][] {
  const order = [...new Set(groups.values())];
  const anyRank = specs.some(({shape}) => shape === null);
  const sizeOf = (key: string, first: boolean): number => {
    const index = order.indexOf(groups.get(key)!);
    const row = SIZES[index % SIZES.length]!;
    // Where ranks differ, a rank comes again with other sizes.
    const turn = (anyRank ? run + Math.floor(run / RANKS.length) : run) % row.length;
    const size = row[turn]! + Math.floor(index / SIZES.length) * (13 + turn * turn);
    return first ? size : size * scale;
  };
  return specs.map(({shape}, spec) => {
    if (shape !== null) return shape.map((dim, axis) => dim ?? sizeOf(`${spec} ${axis}`, axis === 0));
    const rank = RANKS[run % RANKS.length]!;
    return Array.from({length: rank}, (_, axis) => sizeOf(`${spec} ${axis - rank}`, axis === 0));
  });
}

/** Samples of more elements take longer than what they could tell is worth. */
const MOST_ELEMENTS = 2 ** 20;

/** Whether large sizes make a sample very large. */
export function isHuge(specs: readonly TensorStructure[], sampling: Sampling): boolean {
  if (sampling.scale === 1) return false;
  return runsFor(specs).some((run) =>
    sampleShapes(specs, sampling, run).some(
      (shape, i) => specs[i]!.shape?.includes(null) !== false && tf.util.sizeFromShape(shape) > MOST_ELEMENTS,
    ),
  );
}

/** A tensor as the function is given for a spec. */
export function sampleTensor(spec: TensorStructure, shape: number[], run: number): tf.Tensor {
  const {kind} = dtypeInfo(spec.dtype);
  const make = FILL[kind];
  if (make === undefined) throw new SaveError(`a traced function cannot take a tensor of ${spec.dtype}`);
  return make(shape, tf.util.sizeFromShape(shape), run);
}

/** Values of a sample. Floats differ and are positive; integers are zero, which is an index into anything. */
const FILL: Readonly<Record<string, (shape: number[], size: number, run: number) => tf.Tensor>> = {
  float: (shape, size, run) => tf.tensor(fractions(size, run), shape, 'float32'),
  complex: (shape, size, run) => {
    const part = tf.tensor(fractions(size, run), shape, 'float32');
    return tf.complex(part, part);
  },
  int: (shape) => tf.zeros(shape, 'int32'),
  uint: (shape) => tf.zeros(shape, 'int32'),
  bool: (shape, size, run) =>
    tf.tensor(
      Uint8Array.from({length: size}, (_, i) => (i + run) % 2),
      shape,
      'bool',
    ),
  string: (shape, size, run) =>
    tf.tensor(
      Array.from({length: size}, (_, i) => words(i + run)),
      shape,
      'string',
    ),
};

function fractions(size: number, run: number): Float32Array {
  return Float32Array.from({length: size}, (_, i) => (((i + 1) * 7 + run * 3) % 11) / 11 + 0.05);
}

/** Texts of several lengths: sizes that follow from the values differ, too. */
function words(i: number): string {
  return Array.from({length: (i % 3) + 1}, (_, word) => `word${word}`).join(' ');
}
