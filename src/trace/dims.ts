/**
 * Sizes that are known only when a graph runs, computed from the shapes of its tensors.
 *
 * Each size is known by what it was in every run. A formula over dimensions of tensors that gives those values in all
 * runs is taken to be the rule it follows; the runs are made with sizes that leave little room for coincidence.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {GraphBuilder, Operand} from '../graph/builder.js';
import {formula, realFormula, type Term, times} from './formulas.js';
import {type MergedTensor, mergeNumbers, type Size, type Sizes, Varying, VaryingList} from './varying.js';

/** A tensor of the graph and its shape in every run. */
export interface TracedTensor extends MergedTensor {
  readonly operand: Operand;
}

/** Computes sizes in one graph. */
export class Dims {
  readonly #graph: GraphBuilder;
  readonly #inputs: TracedTensor[] = [];
  /** Dimensions by their values in the runs: the first tensor that has each. */
  readonly #dimensions = new Map<string, Term>();
  readonly #shapes = new Map<string, TracedTensor>();
  readonly #tensors = new Map<string, TracedTensor>();
  readonly #built = new Map<string, Operand>();
  /** True once a size was found that is more than a dimension or a number of dimensions: it may fit by chance. */
  hasFormulas = false;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  /** Makes the shape of a tensor available. The shapes of inputs are also combined. */
  add(tensor: TracedTensor, isInput = false): void {
    this.#tensors.set(this.#graph.idOf(tensor.operand), tensor);
    if (isInput) this.#inputs.push(tensor);
    for (const term of this.#dimensionsOf(tensor)) {
      const key = term.values.join();
      if (!this.#dimensions.has(key)) this.#dimensions.set(key, term);
    }
    const key = JSON.stringify(tensor.shapes);
    if (!this.#shapes.has(key)) this.#shapes.set(key, tensor);
  }

  /** A tensor of the graph by its operand. */
  tensorOf(operand: Operand): TracedTensor | undefined {
    return this.#tensors.get(this.#graph.idOf(operand));
  }

  /** A size as a scalar of int32; undefined where no rule is found. */
  find(size: Size, near: readonly TracedTensor[]): Operand | undefined {
    if (typeof size === 'number') return this.#graph.scalar('int32', size);
    const key = size.values.join();
    const local = near
      .flatMap((tensor) => this.#dimensionsOf(tensor))
      .find((term) => term.values.join() === key);
    if (local !== undefined) return local.build();
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const dimension = this.#dimensions.get(key);
    const built = (dimension ?? this.#formula(size, near))?.build();
    this.hasFormulas ||= dimension === undefined;
    if (built !== undefined) this.#built.set(key, built);
    return built;
  }

  /** A list of sizes as a vector of int32; undefined where no rule is found. */
  findAll(sizes: Sizes, near: readonly TracedTensor[]): Operand | undefined {
    if (sizes instanceof VaryingList) return this.#list(sizes.values, near);
    if (sizes.every((size) => typeof size === 'number')) return this.#graph.ints(sizes as readonly number[]);
    const shape = this.#wholeShape(sizes, near);
    if (shape !== undefined) return shape;
    const parts = sizes.map((size) => this.find(size, near));
    if (parts.includes(undefined)) return undefined;
    return this.#graph.op('Pack', [parts as Operand[]], {axis: 0});
  }

  /** A number that need not be an integer, as a scalar of float32. */
  findReal({values}: Varying, near: readonly TracedTensor[]): Operand | undefined {
    const graph = this.#graph;
    this.hasFormulas = true;
    if (values.every(Number.isInteger)) {
      const whole = this.find(new Varying(values), near);
      if (whole !== undefined) return graph.cast(whole, 'float32');
    }
    return realFormula(graph, values, this.#products(near));
  }

  #wholeShape(sizes: readonly Size[], near: readonly TracedTensor[]): Operand | undefined {
    const runs = (sizes.find((size) => size instanceof Varying) as Varying).values.length;
    const lists = Array.from({length: runs}, (_, run) =>
      sizes.map((size) => (typeof size === 'number' ? size : size.values[run]!)),
    );
    const key = JSON.stringify(lists);
    const tensor = near.find(({shapes}) => JSON.stringify(shapes) === key) ?? this.#shapes.get(key);
    return tensor && this.#graph.shapeOf(tensor.operand);
  }

  /** The dimensions that a tensor has in all runs, from the front and, where its rank differs, from the back. */
  #dimensionsOf(tensor: TracedTensor): Term[] {
    const ranks = tensor.shapes.map((shape) => shape.length);
    const least = Math.min(...ranks);
    const sameRank = ranks.every((rank) => rank === least);
    const axes = Array.from({length: least}, (_, i) => i);
    const all = sameRank ? axes : [...axes.map((i) => i - least), ...axes];
    return all.map((axis) => ({
      values: tensor.shapes.map((shape) => shape.at(axis)!),
      build: () => this.#dimension(tensor.operand, axis),
    }));
  }

  #dimension(operand: Operand, axis: number): Operand {
    const graph = this.#graph;
    return memo(this.#built, `${graph.idOf(operand)} ${axis}`, () => {
      const bounds = axis === -1 ? [[-1], [0]] : [[axis], [axis + 1]];
      const [begin, end] = bounds.map((bound) => graph.ints(bound));
      const masks = {shrink_axis_mask: 1, end_mask: axis === -1 ? 1 : 0};
      return graph.op('StridedSlice', [graph.shapeOf(operand), begin!, end!, graph.ints([1])], masks);
    });
  }

  #rank(tensor: TracedTensor): Term {
    return {
      values: tensor.shapes.map((shape) => shape.length),
      build: () =>
        memo(this.#built, `${this.#graph.idOf(tensor.operand)} rank`, () =>
          this.#graph.op('Rank', [tensor.operand]),
        ),
    };
  }

  #size(tensor: TracedTensor): Term {
    return {
      values: tensor.shapes.map((shape) => product(shape)),
      build: () =>
        memo(this.#built, `${this.#graph.idOf(tensor.operand)} size`, () =>
          this.#graph.op('Size', [tensor.operand], {out_type: 'int32'}),
        ),
    };
  }

  /** Distinct dimensions of the op's and the function's inputs. */
  #atoms(near: readonly TracedTensor[]): Term[] {
    const seen = new Map<string, Term>();
    for (const tensor of [...near, ...this.#inputs]) {
      for (const term of this.#dimensionsOf(tensor)) {
        const key = term.values.join();
        if (varies(term.values) && !seen.has(key)) seen.set(key, term);
      }
    }
    return [...seen.values()];
  }

  /** Dimensions, sizes of tensors, ranks, and products of two and three dimensions. */
  #products(near: readonly TracedTensor[]): Term[] {
    const atoms = this.#atoms(near);
    const tensors = [...near, ...this.#inputs];
    const terms = [...atoms];
    for (const tensor of tensors) {
      for (const term of [this.#size(tensor), this.#rank(tensor)]) if (varies(term.values)) terms.push(term);
    }
    for (const [i, a] of atoms.entries()) {
      for (const b of atoms.slice(i)) terms.push(times(this.#graph, a, b));
    }
    const [first, second, third] = atoms;
    if (first && second && third) terms.push(times(this.#graph, times(this.#graph, first, second), third));
    return terms;
  }

  #formula({values}: Varying, near: readonly TracedTensor[]): Term | undefined {
    return formula(this.#graph, values, this.#products(near), this.#atoms(near));
  }

  /**
   * A list whose length follows a rank: a part that grows (dimensions of a tensor, one number again and again, or
   * consecutive numbers) between parts that do not.
   */
  #list(lists: readonly (readonly number[])[], near: readonly TracedTensor[]): Operand | undefined {
    const least = Math.min(...lists.map((list) => list.length));
    for (let fixed = 0; fixed <= least; fixed++) {
      for (let front = 0; front <= fixed; front++) {
        const back = fixed - front;
        const middle = this.#growing(
          lists.map((list) => list.slice(front, list.length - back)),
          near,
        );
        if (middle === undefined) continue;
        const at = (i: number) => mergeNumbers(lists.map((list) => list.at(i)!));
        const before = this.findAll(
          Array.from({length: front}, (_, i) => at(i)),
          near,
        );
        const after = this.findAll(
          Array.from({length: back}, (_, i) => at(i - back)),
          near,
        );
        if (before === undefined || after === undefined) continue;
        const parts = [...(front > 0 ? [before] : []), middle, ...(back > 0 ? [after] : [])];
        if (parts.length === 1) return middle;
        return this.#graph.op('ConcatV2', [parts, this.#graph.scalar('int32', 0)]);
      }
    }
    return undefined;
  }

  #growing(lists: readonly (readonly number[])[], near: readonly TracedTensor[]): Operand | undefined {
    const part = this.#partOfShape(lists, near);
    if (part !== undefined) return part;
    const length = this.find(mergeNumbers(lists.map((list) => list.length)), near);
    const [value] = lists.find((list) => list.length > 0) ?? [];
    if (length === undefined || value === undefined) return undefined;
    if (lists.every((list) => list.every((each) => each === value))) {
      const dims = this.#graph.op('Pack', [[length]], {axis: 0});
      return this.#graph.op('Fill', [dims, this.#graph.scalar('int32', value)]);
    }
    return this.#consecutive(
      lists,
      lists.map((list) => list[0] ?? value),
      length,
      near,
    );
  }

  /** Dimensions of a tensor that follow one another. */
  #partOfShape(lists: readonly (readonly number[])[], near: readonly TracedTensor[]): Operand | undefined {
    const graph = this.#graph;
    for (const {shapes, operand} of [...near, ...this.#inputs]) {
      const most = Math.min(...shapes.map((shape) => shape.length));
      for (let from = 0; from <= most; from++) {
        const to = shapes.map((shape, run) => shape.length - from - lists[run]!.length);
        if (to[0]! < 0 || to.some((each) => each !== to[0])) continue;
        const matches = lists.every((list, run) =>
          list.every((value, i) => value === shapes[run]![from + i]),
        );
        if (!matches) continue;
        const shape = graph.shapeOf(operand);
        if (from === 0 && to[0] === 0) return shape;
        const ends = [graph.ints([from]), graph.ints([to[0] === 0 ? 0 : -to[0]!]), graph.ints([1])];
        return graph.op('StridedSlice', [shape, ...ends], {end_mask: to[0] === 0 ? 1 : 0});
      }
    }
    return undefined;
  }

  /** Numbers that go up, or down, by one. */
  #consecutive(
    lists: readonly (readonly number[])[],
    first: readonly number[],
    length: Operand,
    near: readonly TracedTensor[],
  ): Operand | undefined {
    const graph = this.#graph;
    for (const step of [1, -1]) {
      if (!lists.every((list, run) => list.every((each, i) => each === first[run]! + step * i))) continue;
      const start = this.find(mergeNumbers(first), near);
      if (start === undefined) continue;
      const limit = graph.op(step === 1 ? 'AddV2' : 'Sub', [start, length]);
      return graph.op('Range', [start, limit, graph.scalar('int32', step)]);
    }
    return undefined;
  }
}

/** An error for a size that follows no rule. */
export function noRule(what: string, sizes: Size | Sizes): SaveError {
  const text = (value: Size | Sizes): string =>
    typeof value === 'number'
      ? String(value)
      : value instanceof Varying || value instanceof VaryingList
        ? value.values.map((each) => JSON.stringify(each)).join(' / ')
        : `[${value.map(text).join(', ')}]`;
  return new SaveError(
    `${what} is ${text(sizes)} in several runs, and follows from no shape in a way that was recognised; what depends on ` +
      'chance, on time or on sizes has to be computed with tfjs operations',
  );
}

function memo(map: Map<string, Operand>, key: string, make: () => Operand): Operand {
  let made = map.get(key);
  if (made === undefined) map.set(key, (made = make()));
  return made;
}

function varies(values: readonly number[]): boolean {
  return values.some((value) => value !== values[0]);
}

function product(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}
