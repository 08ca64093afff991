/**
 * A function as the interpreter runs it. While no gradient tape records, the functions that it calls stand in the place of the calls: nobody
 * asks for gradients of their own, and nodes of several functions can be computed as one.
 *
 * @module
 */

import {HubError} from '../errors.js';
import type {FunctionGraph, FunctionLibrary, Graph} from '../graph/graph.js';
import {isTaping} from '../tfjs/tape.js';
import {callsFunctions, inlineCalls} from './inline.js';
import {lazily} from './lazily.js';
import type {Runnable, RunRequest} from './run.js';
import {functionRequest, isDataflow, neededFor} from './schedule.js';

/** How to prepare a function. */
export interface Preparation {
  readonly library: FunctionLibrary;
  /** Makes a graph executable as it is. */
  prepare(graph: Graph, request: RunRequest): Runnable;
}

/**
 * The interpreter's form of a function.
 *
 * @param honoured - the same with the gradients that the model brings along
 */
export function interpreted(
  graph: FunctionGraph,
  honoured: FunctionGraph,
  preparation: Preparation,
): Runnable {
  const {library, prepare} = preparation;
  const asIs = lazily(() => prepare(honoured, functionRequest(honoured)));
  if (!callsFunctions(graph, library)) return asIs();
  const inOne = lazily(() => inlined(graph, preparation) ?? asIs());
  // Who prepares a function ahead has this done ahead.
  if (!isTaping()) inOne();
  const now = () => (isTaping() ? asIs : inOne)();
  return {
    run: (args) => now().run(args),
    runAsync: (args, call) => now().runAsync(args, call),
  };
}

/** The function with others in the place of their calls; undefined where that is not possible. */
function inlined(graph: FunctionGraph, {library, prepare}: Preparation): Runnable | undefined {
  const request = functionRequest(graph);
  if (isDataflow(graph, neededFor(graph, request))) return undefined;
  try {
    const whole = inlineCalls({graph, request}, graph.parameters, library, {keepsEffects: true});
    return prepare(whole, {...functionRequest(whole), targets: whole.controlResults});
  } catch (error) {
    // A function that is damaged, or calls one that is: the call itself says so when its turn comes.
    if (error instanceof HubError) return undefined;
    throw error;
  }
}
