/**
 * Which engine computes the nodes of a model's functions, without restoring or running it: for `tfhub ops`.
 *
 * @module
 */

import {type Analysed, analysedOrWhyNot} from '../../compile/analyse.js';
import {
  groupPlacements,
  type NodePlacement,
  type PlacementGroup,
  placementsOf,
} from '../../compile/placement.js';
import {HubError} from '../../errors.js';
import {inOnePiece} from '../../host/pieces.js';
import type {ModelDirectory} from '../../platform/platform.js';
import type {ConcreteFunction} from './concrete_function.js';
import {publicFunctions} from './describe.js';
import {calledWith} from './known_arguments.js';
import {type LoadModelOptions, type OpenModel, openModel} from './load.js';
import {signaturesOf} from './load_v1.js';
import {readWholeModel} from './whole_model.js';

/** A function that is called from outside, and where its nodes are computed: its own and those of the functions that it calls. */
export interface FunctionEngines {
  readonly kind: 'signature' | 'function';
  /** The signature's name, or the path of the function from the model, such as `encoder.embed`. */
  readonly name: string;
  /** Of a function: which of its traces, from 1 on. */
  readonly trace?: number;
  /** The graph that it runs, as messages call it. */
  readonly graph: string;
  /** How many nodes each session of ONNX Runtime computes. */
  readonly sessions: readonly number[];
  /** How many nodes the interpreter computes. */
  readonly interpreted: number;
  /** Those by op and reason. */
  readonly reasons: readonly PlacementGroup[];
  /** Why the interpreter computes all of the function; absent where it does not. */
  readonly whole?: string;
  /** The nodes that run, in their order. */
  readonly nodes: readonly NodePlacement[];
}

/** What is described. */
export interface DescribeEnginesOptions extends LoadModelOptions {
  /** Also the functions of the objects that the model is made of. Default: its signatures and its own functions. */
  readonly all?: boolean;
}

/**
 * Where the nodes of a model's functions would be computed with ONNX Runtime, whether it is installed or not. Inputs have the shapes that
 * the functions declare.
 *
 * @throws FormatError when the directory holds no SavedModel or a damaged one.
 */
export async function describeEngines(
  directory: ModelDirectory,
  {all = false, ...options}: DescribeEnginesOptions = {},
): Promise<readonly FunctionEngines[]> {
  const model = await readWholeModel(directory, async (files, confirm) => {
    const opened = await openModel(files, options);
    await confirm();
    return opened;
  });
  return [...describedFunctions(model, all)];
}

function* describedFunctions(model: OpenModel, all: boolean): Generator<FunctionEngines> {
  const {objects} = model;
  const signatures = objects === undefined ? signaturesOf(model) : objects.signatures(0);
  for (const [name, {concreteFunction}] of Object.entries(signatures))
    yield {kind: 'signature', name, ...enginesOf(concreteFunction)};
  for (const {path, id} of objects === undefined ? [] : publicFunctions(objects)) {
    if (!all && path.includes('.')) continue;
    for (const [i, concrete] of objects!.traces(id).entries())
      yield {kind: 'function', name: path, trace: i + 1, ...enginesOf(concrete)};
  }
}

/** Where the nodes of one function would be computed. */
export function enginesOf(concrete: ConcreteFunction): Omit<FunctionEngines, 'kind' | 'name' | 'trace'> {
  const found = analysedIfSound(concrete);
  const graph = concrete.runs.graph.label;
  if (typeof found === 'string')
    return {graph, sessions: [], interpreted: 0, reasons: [], whole: found, nodes: []};
  const nodes = placementsOf(found, concrete.runtime.library);
  const interpreted = nodes.filter(({engine}) => engine === 'tfjs');
  return {
    graph,
    sessions: found.parts.map((part) => part.nodes.length),
    interpreted: interpreted.length,
    reasons: groupPlacements(interpreted),
    nodes,
  };
}

function analysedIfSound(concrete: ConcreteFunction): Analysed | string {
  try {
    return inOnePiece(analysedOrWhyNot(concrete.runs, calledWith(concrete), concrete.runtime.library));
  } catch (error) {
    // What is wrong with what it is bound to, a call says.
    if (error instanceof HubError) return error.message.split('\n')[0]!;
    throw error;
  }
}
