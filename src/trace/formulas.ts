/**
 * Formulas for numbers that differ from run to run, over numbers that a graph can compute. One that gives the right number in
 * every run is found by trying, the simple ones first.
 *
 * @module
 */

import type {GraphBuilder, Operand} from '../graph/builder.js';

/** A number of every run, and how to compute it in the graph as a scalar of int32. */
export interface Term {
  readonly values: readonly number[];
  build(): Operand;
}

/** A divisor larger than this is not looked for where a quotient is rounded: too many would fit by chance. */
const DIVISORS = [2, 3, 4, 8, 16, 32, 64];

/**
 * A formula for whole numbers: a term or a sum of two, times a fraction, plus a number; or one of `atoms`, divided and rounded,
 * or bounded. Undefined where none fits.
 */
export function formula(
  graph: GraphBuilder,
  values: readonly number[],
  terms: readonly Term[],
  atoms: readonly Term[],
): Term | undefined {
  for (const term of terms) {
    const found = affine(graph, values, term);
    if (found !== undefined) return found;
  }
  for (const [i, a] of terms.entries()) {
    for (const b of terms.slice(i + 1)) {
      const combined = [plus(graph, a, b), minus(graph, a, b), minus(graph, b, a)];
      const found = combined.map((term) => shifted(graph, values, term)).find((term) => term !== undefined);
      if (found !== undefined) return found;
    }
  }
  for (const term of atoms) {
    const found = rounded(graph, values, term) ?? bounded(graph, values, term);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The product of two terms. */
export function times(graph: GraphBuilder, a: Term, b: Term): Term {
  return binary(graph, 'Mul', a, b, (x, y) => x * y);
}

function plus(graph: GraphBuilder, a: Term, b: Term): Term {
  return binary(graph, 'AddV2', a, b, (x, y) => x + y);
}

function minus(graph: GraphBuilder, a: Term, b: Term): Term {
  return binary(graph, 'Sub', a, b, (x, y) => x - y);
}

function binary(
  graph: GraphBuilder,
  op: string,
  a: Term,
  b: Term,
  compute: (x: number, y: number) => number,
): Term {
  return {
    values: a.values.map((value, run) => compute(value, b.values[run]!)),
    build: () => graph.op(op, [a.build(), b.build()]),
  };
}

/** `values = term * a / b + c` with integers a, b and c. */
function affine(graph: GraphBuilder, values: readonly number[], term: Term): Term | undefined {
  const other = term.values.findIndex((value) => value !== term.values[0]);
  if (other < 0) return undefined;
  const rise = values[other]! - values[0]!;
  const run = term.values[other]! - term.values[0]!;
  const divisor = gcd(Math.abs(rise), Math.abs(run)) || 1;
  const sign = Math.sign(run);
  const [a, b] = [(rise / divisor) * sign, Math.abs(run) / divisor];
  const c = values[0]! - (term.values[0]! * a) / b;
  if (a === 0 || !Number.isInteger(c)) return undefined;
  if (!values.every((value, i) => value === (term.values[i]! * a) / b + c)) return undefined;
  return {
    values,
    build: () => {
      let built = term.build();
      if (a !== 1) built = graph.op('Mul', [built, graph.scalar('int32', a)]);
      if (b !== 1) built = graph.op('FloorDiv', [built, graph.scalar('int32', b)]);
      return c === 0 ? built : graph.op('AddV2', [built, graph.scalar('int32', c)]);
    },
  };
}

/** `values = term + c`. */
function shifted(graph: GraphBuilder, values: readonly number[], term: Term): Term | undefined {
  const c = values[0]! - term.values[0]!;
  return values.every((value, run) => value === term.values[run]! + c)
    ? affine(graph, values, term)
    : undefined;
}

/** `values = floor((term + c) / divisor)`: rounded down, up, or to the nearest. */
function rounded(graph: GraphBuilder, values: readonly number[], term: Term): Term | undefined {
  for (const divisor of DIVISORS) {
    for (const c of new Set([0, divisor - 1, Math.floor(divisor / 2)])) {
      if (!values.every((value, run) => value === Math.floor((term.values[run]! + c) / divisor))) continue;
      const build = (): Operand => {
        const sum = c === 0 ? term.build() : graph.op('AddV2', [term.build(), graph.scalar('int32', c)]);
        return graph.op('FloorDiv', [sum, graph.scalar('int32', divisor)]);
      };
      return {values, build};
    }
  }
  return undefined;
}

/** `values = min(term, c)` or `max(term, c)`. */
function bounded(graph: GraphBuilder, values: readonly number[], term: Term): Term | undefined {
  for (const [op, bound, compute] of [
    ['Minimum', Math.max(...values), Math.min],
    ['Maximum', Math.min(...values), Math.max],
  ] as const) {
    if (!values.every((value, run) => value === compute(term.values[run]!, bound))) continue;
    return {values, build: () => graph.op(op, [term.build(), graph.scalar('int32', bound)])};
  }
  return undefined;
}

/** A constant and a term, combined. Operands are made in the order in which nodes are to have their names. */
interface RealForm {
  /** What the constant would be in a run, or its square. */
  measure(value: number, term: number): number;
  readonly isSquare: boolean;
  build(graph: GraphBuilder, constant: () => Operand, term: () => Operand): Operand;
}

const REAL_FORMS: readonly RealForm[] = [
  {
    measure: (value, term) => value * term,
    isSquare: false,
    build: (graph, constant, term) => graph.op('RealDiv', [constant(), term()]),
  },
  {
    measure: (value, term) => value / term,
    isSquare: false,
    build: (graph, constant, term) => graph.op('Mul', [constant(), term()]),
  },
  {
    measure: (value, term) => (value * value) / term,
    isSquare: true,
    build: (graph, constant, term) => {
      const root = graph.op('Sqrt', [term()]);
      return graph.op('Mul', [constant(), root]);
    },
  },
  {
    measure: (value, term) => value * value * term,
    isSquare: true,
    build: (graph, constant, term) => {
      const root = graph.op('Rsqrt', [term()]);
      return graph.op('Mul', [constant(), root]);
    },
  },
];

/**
 * A formula for numbers that need not be whole, as a scalar of float32: a constant times a term or its root, or divided by it.
 * Undefined where none fits.
 */
export function realFormula(
  graph: GraphBuilder,
  values: readonly number[],
  terms: readonly Term[],
): Operand | undefined {
  for (const term of terms) {
    for (const {measure, isSquare, build} of REAL_FORMS) {
      const measured = values.map((value, run) => measure(value, term.values[run]!));
      if (!areClose(measured)) continue;
      const first = measured[0]!;
      const constant = isSquare ? Math.sign(values[0]!) * Math.sqrt(first) : first;
      return build(
        graph,
        () => graph.scalar('float32', tidy(constant)),
        () => graph.cast(term.build(), 'float32'),
      );
    }
  }
  return undefined;
}

function areClose(values: readonly number[]): boolean {
  return (
    values.every((value) => Math.abs(value - values[0]!) <= 1e-6 * Math.abs(values[0]!)) && values[0] !== 0
  );
}

/** Removes what float32 added to a number that was meant to be short. */
function tidy(value: number): number {
  return Number(value.toPrecision(7));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
