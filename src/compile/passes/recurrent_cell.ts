/**
 * Finds the equations of an LSTM or GRU cell in the body of a loop, however they are written: the sums before the activations
 * are taken apart into products and biases, and each must be of the columns of weights that the cell's gate has.
 *
 * @module
 */

import type {Endpoint, GraphNode} from '../../graph/graph.js';
import type {KnownGraph} from '../../graph/infer.js';
import {allElementsOf, elementsOf} from '../../graph/known.js';
import {elementAt} from '../../host/tensor.js';
import {constantScalar, type FunctionBody, sourceOf} from '../bodies.js';

/** Columns of a parameter of the body, or of what a handle among them leads to. */
export interface WeightSlice {
  readonly parameter: number;
  /** Of a matrix of biases. */
  readonly row: number | undefined;
  readonly from: number;
  readonly to: number;
}

/** What is summed up before an activation. */
export interface Gate {
  /** By which the input of the turn is multiplied. */
  readonly kernel: WeightSlice;
  /** By which the hidden state is multiplied. */
  readonly recurrent: WeightSlice;
  readonly biases: readonly WeightSlice[];
  /** Added to the product with the hidden state before the reset gate acts on both. */
  readonly resetBiases: readonly WeightSlice[];
}

/** The cell that a body is a turn of. */
export interface RecurrentCell {
  readonly kind: 'LSTM' | 'GRU';
  /** In the order of ONNX: `iofc` of an LSTM, `zrh` of a GRU. */
  readonly gates: readonly Gate[];
  readonly units: number;
  /** The parameters that are the states: hidden state, and an LSTM's cell. */
  readonly states: readonly number[];
  /** Of a GRU: whether the reset gate acts on the product with the hidden state, as opposed to the state itself. */
  readonly resetsAfter: boolean;
}

/** What a cell's equations are looked for in. */
export interface CellSite {
  readonly body: FunctionBody;
  readonly known: KnownGraph;
  /** The parameter that is the list of inputs, and the one that counts turns. */
  readonly isInput: (endpoint: Endpoint) => boolean;
}

/** An operand of a product: the input of the turn, the hidden state, or that after the reset gate. */
type Operand =
  | {readonly kind: 'input'}
  | {readonly kind: 'state'}
  | {readonly kind: 'reset'; readonly gate: Endpoint};

type Term =
  | {readonly kind: 'product'; readonly operand: Operand; readonly weight: WeightSlice}
  | {readonly kind: 'bias'; readonly weight: WeightSlice}
  | {readonly kind: 'gated'; readonly gate: Endpoint; readonly terms: readonly Term[]};

/** Columns from, inclusive, to, exclusive. */
type Columns = readonly [from: number, to: number];

/** The cell whose next hidden state `next` is; undefined where it is none. `states`: parameters, hidden state first. */
export function recurrentCell(
  next: readonly Endpoint[],
  states: readonly number[],
  site: CellSite,
): RecurrentCell | undefined {
  try {
    const equations = new Equations(site, states);
    return states.length === 2 ? equations.lstm(next[0]!, next[1]!) : equations.gru(next[0]!);
  } catch (error) {
    if (error instanceof NoCell) return undefined;
    throw error;
  }
}

/** Thrown where a body is not what it would have to be. */
class NoCell extends Error {}

function noCell(): never {
  throw new NoCell();
}

class Equations {
  readonly #site: CellSite;
  readonly #states: readonly number[];

  constructor(site: CellSite, states: readonly number[]) {
    this.#site = site;
    this.#states = states;
  }

  /** `c' = f c + i g`, `h' = o tanh(c')`. */
  lstm(hidden: Endpoint, cell: Endpoint): RecurrentCell {
    const [output, squashed] = this.#product(hidden, 'Sigmoid', 'Tanh');
    if (!this.#isSame(this.#activated(squashed), cell)) noCell();
    const [kept, added] = this.#ordered(this.#inputs(cell, 'AddV2', 'Add'), (each) =>
      this.#hasState(each, 1),
    );
    const forget = this.#besideState(kept, 1);
    const [input, candidate] = this.#product(added, 'Sigmoid', 'Tanh');
    const gates = [input, output, forget, candidate].map((each) => this.#gate(this.#activated(each)));
    return this.#cell('LSTM', gates, false);
  }

  /** `h' = z h + (1 - z) n`; `n` is `tanh` of sums in which the reset gate acts on the hidden state or its product. */
  gru(hidden: Endpoint): RecurrentCell {
    const [kept, added] = this.#ordered(this.#inputs(hidden, 'AddV2', 'Add'), (each) =>
      this.#hasState(each, 0),
    );
    const update = this.#besideState(kept, 0);
    const [rest, candidate] = this.#ordered(
      this.#inputs(added, 'Mul'),
      (each) => this.#node(each).op === 'Sub',
    );
    const [one, same] = this.#node(rest).inputs as [Endpoint, Endpoint];
    if (!this.#isOne(one) || !this.#isSame(same, update)) noCell();
    if (this.#node(candidate).op !== 'Tanh') noCell();
    const terms = this.#terms(this.#activated(candidate));
    const resets = terms.flatMap((term) => {
      if (term.kind === 'gated') return [term.gate];
      return term.kind === 'product' && term.operand.kind === 'reset' ? [term.operand.gate] : [];
    });
    if (resets.length !== 1) noCell();
    const [z, r] = [update, resets[0]!].map((each) => this.#gate(this.#activated(each))) as [Gate, Gate];
    return this.#cell(
      'GRU',
      [z, r, this.#candidate(terms)],
      terms.some(({kind}) => kind === 'gated'),
    );
  }

  #cell(kind: RecurrentCell['kind'], gates: readonly Gate[], resetsAfter: boolean): RecurrentCell {
    const slices = gates.flatMap(({kernel, recurrent, biases, resetBiases}) => [
      kernel,
      recurrent,
      ...biases,
      ...resetBiases,
    ]);
    const units = slices[0]!.to - slices[0]!.from;
    if (units <= 0 || slices.some(({from, to}) => to - from !== units)) noCell();
    return {kind, gates, units, states: this.#states, resetsAfter};
  }

  #node(endpoint: Endpoint): GraphNode {
    return this.#site.body.graph.nodes[this.#source(endpoint).node]!;
  }

  #source(endpoint: Endpoint): Endpoint {
    return sourceOf(this.#site.body.graph, endpoint);
  }

  #isSame(a: Endpoint, b: Endpoint): boolean {
    const [left, right] = [this.#source(a), this.#source(b)];
    return left.node === right.node && left.output === right.output;
  }

  /** The inputs of a node that must be one of some ops. */
  #inputs(endpoint: Endpoint, ...ops: readonly string[]): readonly [Endpoint, Endpoint] {
    const {op, inputs} = this.#node(endpoint);
    if (!ops.includes(op) || inputs.length !== 2) noCell();
    return inputs as readonly Endpoint[] as readonly [Endpoint, Endpoint];
  }

  /** Both, that for which the test holds first; it must not hold for the other. */
  #ordered(
    [a, b]: readonly [Endpoint, Endpoint],
    isFirst: (endpoint: Endpoint) => boolean,
  ): readonly [Endpoint, Endpoint] {
    if (isFirst(a) === isFirst(b)) noCell();
    return isFirst(a) ? [a, b] : [b, a];
  }

  /** The factors of a product of two activations. */
  #product(endpoint: Endpoint, first: string, second: string): readonly [Endpoint, Endpoint] {
    const factors = this.#ordered(this.#inputs(endpoint, 'Mul'), (each) => this.#node(each).op === first);
    if (this.#node(factors[1]).op !== second) noCell();
    return factors;
  }

  #activated(endpoint: Endpoint): Endpoint {
    return this.#node(endpoint).inputs[0]!;
  }

  #parameter(endpoint: Endpoint): number | undefined {
    const {node} = this.#source(endpoint);
    const number = this.#site.body.parameters.findIndex((each) => each.node === node);
    return number < 0 ? undefined : number;
  }

  #isState(endpoint: Endpoint, state: number): boolean {
    return this.#parameter(endpoint) === this.#states[state];
  }

  #hasState(endpoint: Endpoint, state: number): boolean {
    const {op, inputs} = this.#node(endpoint);
    return op === 'Mul' && inputs.some((input) => this.#isState(input, state));
  }

  /** The gate by which a state is multiplied. */
  #besideState(endpoint: Endpoint, state: number): Endpoint {
    const [, gate] = this.#ordered(this.#inputs(endpoint, 'Mul'), (each) => this.#isState(each, state));
    if (this.#node(gate).op !== 'Sigmoid') noCell();
    return gate;
  }

  #isOne(endpoint: Endpoint): boolean {
    const {op, attrs} = this.#node(endpoint);
    if (op !== 'Const') return false;
    const {shape, data} = attrs.tensor('value');
    return shape.length === 0 && elementAt(data, 0) === 1;
  }

  /** A gate that is a sum of one product with the input, one with the hidden state, and biases. */
  #gate(sum: Endpoint): Gate {
    const terms = this.#terms(sum);
    const {kernel, recurrent, biases} = parts(terms);
    return recurrent.operand.kind === 'state'
      ? {kernel, recurrent: recurrent.weight, biases, resetBiases: []}
      : noCell();
  }

  /** What goes into a GRU's next state. */
  #candidate(terms: readonly Term[]): Gate {
    const spread = terms.flatMap((term) => (term.kind === 'gated' ? term.terms : [term]));
    const gated = terms.flatMap((term) => (term.kind === 'gated' ? term.terms : []));
    if (gated.some((term) => term.kind === 'gated')) noCell();
    const {kernel, recurrent} = parts(spread);
    const isAfter = gated.length > 0;
    if (recurrent.operand.kind !== (isAfter ? 'state' : 'reset')) noCell();
    // The reset gate acts on the product with the state, and on nothing of the input.
    if (isAfter && !gated.includes(recurrent)) noCell();
    if (gated.some((term) => term.kind === 'product' && term.operand.kind === 'input')) noCell();
    const biasesOf = (all: readonly Term[]) =>
      all.flatMap((term) => (term.kind === 'bias' ? [term.weight] : []));
    return {kernel, recurrent: recurrent.weight, biases: biasesOf(terms), resetBiases: biasesOf(gated)};
  }

  #width(endpoint: Endpoint): number {
    return this.#site.known.of(endpoint)?.shape?.at(-1) ?? noCell();
  }

  #rank(endpoint: Endpoint): number {
    return this.#site.known.of(endpoint)?.shape?.length ?? noCell();
  }

  /** What is summed up in some columns of a tensor. */
  #terms(endpoint: Endpoint, columns: Columns = [0, this.#width(endpoint)]): readonly Term[] {
    const source = this.#source(endpoint);
    const {op, inputs, attrs} = this.#node(source);
    if (this.#rank(source) === 1) return [{kind: 'bias', weight: this.#weight(source, columns)}];
    if (this.#rank(source) !== 2) noCell();
    switch (op) {
      case 'Split':
      case 'SplitV': {
        const [whole, shifted] = this.#shifted(source, columns);
        return this.#terms(whole, shifted);
      }
      case 'Add':
      case 'AddV2':
      case 'BiasAdd': {
        const width = this.#width(source);
        if (inputs.some((input) => this.#width(input) !== width)) noCell();
        return inputs.flatMap((input) => this.#terms(input, columns));
      }
      case 'MatMul': {
        if (attrs.bool('transpose_a') || attrs.bool('transpose_b')) noCell();
        return [
          {kind: 'product', operand: this.#operand(inputs[0]!), weight: this.#weight(inputs[1]!, columns)},
        ];
      }
      case 'Mul': {
        const [gate, sum] = this.#ordered(
          this.#inputs(source, 'Mul'),
          (each) => this.#node(each).op === 'Sigmoid',
        );
        // A gate acts on all columns of what it is for.
        if (columns[0] !== 0 || columns[1] !== this.#width(sum) || this.#width(gate) !== columns[1]) noCell();
        return [{kind: 'gated', gate, terms: this.#terms(sum, columns)}];
      }
      default:
        return noCell();
    }
  }

  /** What is split, and where in it columns of one of the pieces are. */
  #shifted(piece: Endpoint, [from, to]: Columns): readonly [Endpoint, Columns] {
    const {op, inputs, attrs} = this.#node(piece);
    const [whole, axis] = op === 'Split' ? [inputs[1]!, inputs[0]!] : [inputs[0]!, inputs[2]!];
    const at = constantScalar(this.#site.body.graph, axis);
    const last = this.#rank(whole) - 1;
    if (at !== last && at !== -1) noCell();
    const width = this.#width(whole);
    const count = attrs.int('num_split');
    const sizes =
      op === 'Split' ? new Array<number>(count).fill(width / count) : this.#sizes(inputs[1]!, width);
    const start = sizes.slice(0, piece.output).reduce((sum, size) => sum + size, 0);
    return [whole, [start + from, start + to]];
  }

  /** The sizes of pieces, of which one may be what is left. */
  #sizes(sizes: Endpoint, width: number): readonly number[] {
    const known = this.#site.known.of(sizes);
    const all = allElementsOf(known) ?? noCell();
    const rest = width - all.reduce((sum, size) => sum + Math.max(size, 0), 0);
    return all.map((size) => (size < 0 ? rest : size));
  }

  #operand(endpoint: Endpoint): Operand {
    const source = this.#source(endpoint);
    if (this.#site.isInput(source)) return {kind: 'input'};
    if (this.#isState(source, 0)) return {kind: 'state'};
    const [a, b] = this.#inputs(source, 'Mul');
    // What dropout leaves where nothing is dropped.
    for (const [operand, mask] of [
      [a, b],
      [b, a],
    ] as const) {
      const {op, inputs} = this.#node(mask);
      if (op === 'OnesLike' && this.#isSame(inputs[0]!, operand)) return this.#operand(operand);
    }
    return {kind: 'reset', gate: this.#besideState(source, 0)};
  }

  /** Where columns of a matrix, or elements of a vector of biases, are in the parameters. */
  #weight(endpoint: Endpoint, columns: Columns): WeightSlice {
    const source = this.#source(endpoint);
    const {op, inputs, attrs} = this.#node(source);
    const [from, to] = columns;
    const parameter = this.#parameter(op === 'ReadVariableOp' ? inputs[0]! : source);
    if (parameter !== undefined) return {parameter, row: undefined, from, to};
    switch (op) {
      case 'Split':
      case 'SplitV':
        return this.#weight(...this.#shifted(source, columns));
      case 'StridedSlice': {
        const begin = this.#begin(source);
        return this.#weight(inputs[0]!, [begin + from, begin + to]);
      }
      case 'Unpack': {
        const whole = this.#weight(inputs[0]!, columns);
        if (attrs.int('axis') !== 0 || this.#rank(inputs[0]!) !== 2 || whole.row !== undefined) noCell();
        return {...whole, row: source.output};
      }
      default:
        return noCell();
    }
  }

  /** Where a slice begins that takes columns alone. */
  #begin(slice: Endpoint): number {
    const {inputs, attrs} = this.#node(slice);
    const rank = this.#rank(inputs[0]!);
    const masks = ['ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
    if (masks.some((mask) => attrs.int(mask) !== 0)) noCell();
    const known = inputs.slice(1).map((input) => elementsOf(this.#site.known.of(input)!) ?? noCell());
    const [begin, , strides] = known as [readonly number[], readonly number[], readonly number[]];
    if (begin.length !== rank || strides.some((stride) => stride !== 1)) noCell();
    const [begins, ends] = [attrs.int('begin_mask'), attrs.int('end_mask')];
    for (let axis = 0; axis < rank - 1; axis++) {
      if (!(begins & (1 << axis)) || !(ends & (1 << axis))) noCell();
    }
    if (begins & (1 << (rank - 1))) return 0;
    const first = begin[rank - 1] ?? noCell();
    return first < 0 ? first + this.#width(inputs[0]!) : first;
  }
}

interface Parts {
  readonly kernel: WeightSlice;
  readonly recurrent: Extract<Term, {kind: 'product'}>;
  readonly biases: readonly WeightSlice[];
}

/** Takes a sum apart that has a product with the input, one with the state, and biases. */
function parts(terms: readonly Term[]): Parts {
  const products = terms.flatMap((term) => (term.kind === 'product' ? [term] : []));
  const [inputs, states] = [
    products.filter(({operand}) => operand.kind === 'input'),
    products.filter(({operand}) => operand.kind !== 'input'),
  ];
  const biases = terms.flatMap((term) => (term.kind === 'bias' ? [term.weight] : []));
  if (inputs.length !== 1 || states.length !== 1 || products.length + biases.length !== terms.length)
    noCell();
  return {kernel: inputs[0]!.weight, recurrent: states[0]!, biases};
}
