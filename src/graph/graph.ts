/**
 * The one intermediate form: a graph of TensorFlow ops, with every edge resolved to a node and an output number.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {Attrs} from './attrs.js';
import type {Known} from './known.js';

/** One output of one node. */
export interface Endpoint {
  /** Index into {@link Graph.nodes}. */
  readonly node: number;
  /** Flat output number: list outputs are spread out. */
  readonly output: number;
}

/** Tells endpoints of one graph apart. */
export const endpointKey = ({node, output}: Endpoint): string => `${node}:${output}`;

/** One op without its edges: what a column of the op table looks at. */
export interface OpNode {
  readonly name: string;
  /** TensorFlow's op name, or the name of a function of the library that the node calls. */
  readonly op: string;
  readonly attrs: Attrs;
}

/** One op of a graph. */
export interface GraphNode extends OpNode {
  readonly inputs: readonly Endpoint[];
  /** Nodes that have to run before this one, by index. */
  readonly controls: readonly number[];
  /** Where TensorFlow is to run it. Absent from graphs that were read: here, all runs on one backend. */
  readonly device?: string;
  /** Where functions were put in the place of calls: where the node comes from. */
  readonly origin?: NodeOrigin;
  /** Of a node that a compiler has put there: so many inputs, the first ones, it takes as references (TensorFlow 1) where they are. */
  readonly references?: number;
}

/** The node that another one was taken over from. */
export interface NodeOrigin {
  readonly node: GraphNode;
  /** What its graph is called. */
  readonly label: string;
  /** The nodes in whose place it stands, the innermost first. */
  readonly calls?: readonly NodeOrigin[];
}

/** Nodes and how to find them. Nodes are in file order, which need not be an order of execution. */
export interface Graph {
  /** What to call the graph in messages: `function 'f'` or `the main graph`. */
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  /** Index of the node of this name. */
  find(name: string): number | undefined;
}

/** Op of the nodes that stand for the parameters of a {@link FunctionGraph}. */
export const ARGUMENT_OP = '_Arg';

/** A parameter or result of a function. */
export interface FunctionPort {
  readonly name: string;
  readonly dtype: DType;
  /** As far as the function says; absent where it says nothing. */
  readonly shape?: PartialShape;
  /** Of a handle: what it leads to, where the function says so. */
  readonly handle?: Known['handle'];
}

/**
 * A function of a model's library. Its first nodes are its parameters, in order; their op is {@link ARGUMENT_OP}.
 */
export interface FunctionGraph extends Graph {
  readonly name: string;
  readonly parameters: readonly FunctionPort[];
  readonly results: readonly (FunctionPort & {readonly source: Endpoint})[];
  /** Nodes that run whether a result needs them or not. */
  readonly controlResults: readonly number[];
  /** Attributes of the function itself, such as `_noinline` or `api_implements`. */
  readonly attrs: Attrs;
}

/** The functions of a model, by name; decoded when first asked for. */
export interface FunctionLibrary {
  /** The function, or undefined where the library has none of that name. */
  get(name: string): FunctionGraph | undefined;
  names(): Iterable<string>;
  /** Name of the function that computes the gradient of function `name`, where the model registers one. */
  gradientOf(name: string): string | undefined;
}
