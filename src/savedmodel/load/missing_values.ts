/**
 * Models whose checkpoint lacks values: the error that names the variables, and what can be restored all the same.
 *
 * @module
 */

import {FormatError} from '../../errors.js';
import type {Endpoint, Graph} from '../../graph/graph.js';
import type {HostTensor} from '../../host/tensor.js';
import {neededNodes, topologicalOrder} from '../../runtime/schedule.js';
import type {ObjectGraph} from './object_graph.js';
import {VARIABLES_PREFIX} from './read_model.js';

/** So many variables are named. */
const NAMED = 10;

/**
 * The error of a model with variables that nothing gives a value.
 *
 * @param hasCheckpoint - false where the model has none at all
 */
export function missingValues(
  directory: string,
  names: readonly string[],
  hasCheckpoint: boolean,
  options?: ErrorOptions,
): FormatError {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const what = names.length === 1 ? 'a variable has no value' : `${names.length} variables have no value`;
  const where = hasCheckpoint ? `in ${VARIABLES_PREFIX}` : `for there is no ${VARIABLES_PREFIX}.index`;
  return new FormatError(
    `${directory}: ${what}, ${where}: ${names.slice(0, NAMED).join(', ')}${more}. ` +
      'Load with allowPartial: true to do without.',
    options,
  );
}

/** What Keras 2 calls its optimizers; those of Keras 3 have no name of their own. */
const OPTIMIZER_IDENTIFIERS: ReadonlySet<string> = new Set(['optimizer', 'experimentalOptimizer']);

/** Whether an object is an optimizer, whose state no function of a model but a train step reads. */
function isSavedOptimizer(objects: ObjectGraph, id: number): boolean {
  const {kind} = objects.node(id);
  if (kind?.$case !== 'userObject') return false;
  const children = objects.children(id);
  return (
    OPTIMIZER_IDENTIFIERS.has(kind.value.identifier) ||
    (children.has('_iterations') && children.has('_learning_rate') && children.has('_variables'))
  );
}

/**
 * The variables that the root reaches and that have no value, by their paths. The state of optimizers may be absent, as
 * where a model's weights were saved without.
 */
export function unsetVariables(objects: ObjectGraph): string[] {
  const unset: string[] = [];
  const paths = new Map([[0, '']]);
  for (const [id, path] of paths) {
    const variable = objects.variable(id);
    if (variable !== undefined && !variable.initialized) unset.push(path || variable.name);
    if (isSavedOptimizer(objects, id)) continue;
    for (const [name, child] of objects.children(id)) {
      if (!paths.has(child)) paths.set(child, path === '' ? name : `${path}.${name}`);
    }
  }
  return unset;
}

/** What stands for a tensor that the checkpoint lacks, for readers that are not run. */
export const ABSENT: HostTensor = {dtype: 'float32', shape: [0], data: new Float32Array(0)};

/**
 * The nodes that a restore op of TensorFlow 1 runs, but for those that need tensors which the checkpoint lacks.
 *
 * @param absent - outputs of nodes that read the checkpoint
 */
export function restorableTargets(graph: Graph, restoreOp: number, absent: readonly Endpoint[]): number[] {
  const needed = neededNodes(graph, [restoreOp], new Set());
  const isAbsent = ({node, output}: Endpoint) =>
    without.has(node) || absent.some((each) => each.node === node && each.output === output);
  /** Nodes that lack an input. */
  const without = new Set<number>();
  for (const index of topologicalOrder(graph, needed, new Set())) {
    if (graph.nodes[index]!.inputs.some(isAbsent)) without.add(index);
  }
  // The restore op and its shards do nothing but wait for assignments.
  const targets = new Set([restoreOp]);
  for (const index of targets) {
    if (graph.nodes[index]!.op !== 'NoOp') continue;
    targets.delete(index);
    for (const control of graph.nodes[index]!.controls) targets.add(control);
  }
  return [...targets].filter((index) => !without.has(index));
}
