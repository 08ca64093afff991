/**
 * What the runtime asks of a compiler, and the other way round. The runtime runs whatever it is given; who loads a model decides
 * whether its functions are compiled.
 *
 * @module
 */

import type {FunctionLibrary, Graph} from '../graph/graph.js';
import type {Value} from '../tensors/value.js';
import type {KernelLookup, Runnable, RunRequest} from './run.js';

/** Something compiled, which holds what is not on JavaScript's heap. */
export interface CompiledRunnable extends Runnable {
  dispose(): void;
}

/** Makes graphs executable by other means than kernels. */
export interface Compiler {
  /**
   * Nothing is done before the first call.
   *
   * @param interpreted - the same as the interpreter runs it: for gradients, and where there is nothing to compile
   */
  compile(
    graph: Graph,
    request: RunRequest,
    interpreted: () => Runnable,
    host: CompileHost,
  ): CompiledRunnable;
}

/** What a compiler needs of the model that it compiles for. */
export interface CompileHost {
  readonly library: FunctionLibrary;
  /** Whether a value is the model's, and the same in every call: one that functions capture. */
  isConstant(value: Value): boolean;
  /** The part of a graph as the interpreter runs it. */
  interpreted(graph: Graph, request: RunRequest): Runnable;
  /**
   * A graph with nodes that the compiler has put there.
   *
   * @param order - the nodes to run, each after what it needs
   * @param own - the kernels of these nodes, by op
   */
  plan(graph: Graph, order: readonly number[], request: RunRequest, own: KernelLookup): Runnable;
}
