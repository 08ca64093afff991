/**
 * What the checkpoint of a model keeps: the values of variables, and of tables by their own functions, under names that
 * follow from the paths to them; and the checkpoint's own object graph.
 *
 * Source: `tensorflow/python/checkpoint/save_util.py`, `tensorflow/core/protobuf/trackable_object_graph.proto`.
 *
 * @module
 */

import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {SaveError} from '../../errors.js';
import {flattenTensors, structureOf} from '../../graph/nest.js';
import type {DType} from '../../host/dtypes.js';
import type {PackedStrings} from '../../host/strings.js';
import type {HostTensor} from '../../host/tensor.js';
import type {Variable} from '../../ops/variable/variable.js';
import {
  makeMessage,
  type TrackableObjectGraph,
  TrackableObjectGraph_TrackableObject,
} from '../../proto/index.js';
import {stringValue} from '../../tensors/strings.js';
import type {Value} from '../../tensors/value.js';
import {escapeName} from './object_key.js';
import {functionOf, type SaveFunction, type SaveNode} from './save_node.js';

/** Key of the checkpoint's own object graph. */
export const OBJECT_GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH';

/** Name of the only saveable of an object that gives and takes its tensors as a dict. */
const SERIALIZE_TO_TENSORS = '.TENSORS';

/** A tensor of the checkpoint. */
export interface StateTensor {
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  read(): HostTensor;
}

/** What the checkpoint keeps of an object. */
export type NodeState = {
  readonly node: SaveNode;
  readonly attributes: readonly {
    readonly name: string;
    readonly fullName: string;
    readonly checkpointKey: string;
  }[];
  readonly tensors: readonly StateTensor[];
} & (
  | {readonly kind: 'variable'}
  | {
      readonly kind: 'functions';
      /** What the save function is told: the key, where it wants one. */
      readonly key: string | undefined;
      readonly save: SaveFunction;
      readonly restore: SaveFunction;
      /** Numbers of the save function's results that are the tensors. */
      readonly results: readonly number[];
    }
);

/** The state of everything that has a place in the checkpoint. */
export function statesOf(nodes: readonly SaveNode[]): NodeState[] {
  const states: NodeState[] = [];
  for (const node of nodes) {
    if (node.key === undefined) continue;
    if (node.kind.case === 'variable') states.push(variableState(node));
    for (const [name, {save, restore}] of node.saveables) {
      const [saveFunction, restoreFunction] = [functionOf(save), functionOf(restore)];
      if (saveFunction === undefined || restoreFunction === undefined) {
        throw new SaveError(`the functions that save and restore '${node.label}' have no traces`);
      }
      states.push(saveableState(node, name, saveFunction, restoreFunction));
    }
    if (node.verbatim.registeredSaver) {
      throw new SaveError(
        `'${node.label}' is saved by '${node.verbatim.registeredSaver}', code of a Python library that was not saved with it`,
      );
    }
  }
  return states;
}

function variableState(node: SaveNode): NodeState {
  const {variable, proto} = node.kind as Extract<SaveNode['kind'], {case: 'variable'}>;
  if (!variable.initialized) {
    throw new SaveError(`the variable '${proto.name || node.label}' has no value that could be saved`);
  }
  const checkpointKey = attributeKey(node, 'VARIABLE_VALUE');
  return {
    kind: 'variable',
    node,
    attributes: [{name: 'VARIABLE_VALUE', fullName: proto.name, checkpointKey}],
    tensors: [
      {
        key: checkpointKey,
        dtype: variable.dtype,
        shape: variable.currentShape(),
        read: () => exactValue(variable, node),
      },
    ],
  };
}

/** @throws SaveError for a variable that was disposed of. */
function exactValue(variable: Variable, node: SaveNode): HostTensor {
  try {
    return variable.exact();
  } catch (cause) {
    throw new SaveError(`the value of '${node.label}' cannot be read: ${(cause as Error).message}`, {cause});
  }
}

function saveableState(node: SaveNode, name: string, save: SaveFunction, restore: SaveFunction): NodeState {
  return name === SERIALIZE_TO_TENSORS
    ? serializedState(node, save, restore)
    : listedState(node, name, save, restore);
}

/** The save function takes nothing and gives its tensors by name. */
function serializedState(node: SaveNode, save: SaveFunction, restore: SaveFunction): NodeState {
  const outputs = structureOf(save.signature.outputs);
  const names = outputs.kind === 'dict' ? [...outputs.fields.keys()].map(escapeName) : [];
  const values = run(save, []);
  if (values.length !== names.length) {
    throw new SaveError(
      `'${save.name}' gives ${values.length} tensors to save '${node.label}' by, and names for ${names.length}`,
    );
  }
  const keys = names.map((each) => attributeKey(node, each));
  return {
    kind: 'functions',
    node,
    key: undefined,
    save,
    restore,
    results: values.map((_, i) => i),
    attributes: names.map((each, i) => ({name: each, fullName: '', checkpointKey: keys[i]!})),
    tensors: values.map((value, i) => ({key: keys[i]!, ...value, read: () => value})),
  };
}

/** The save function is told a key, and lists what it would write: name, slice and tensor of each. */
function listedState(node: SaveNode, name: string, save: SaveFunction, restore: SaveFunction): NodeState {
  const checkpointKey = attributeKey(node, escapeName(name));
  const listed = run(save, [stringValue([], [encodeUtf8(checkpointKey)])]);
  const kept = flattenTensors(structureOf(save.signature.outputs)).length;
  if (listed.length !== kept || kept % 3 !== 0) {
    throw new SaveError(`'${save.name}' does not list what it saves of '${node.label}'`);
  }
  const tensors = Array.from({length: kept / 3}, (_, i): StateTensor => {
    const [key, slice, value] = listed.slice(3 * i, 3 * i + 3) as [HostTensor, HostTensor, HostTensor];
    if (text(slice, save, node) !== '')
      throw new SaveError(`'${node.label}' is saved in slices, which cannot be written yet`);
    return {key: text(key, save, node), dtype: value.dtype, shape: value.shape, read: () => value};
  });
  return {
    kind: 'functions',
    node,
    key: checkpointKey,
    save,
    restore,
    results: tensors.map((_, i) => 3 * i + 2),
    attributes: [{name, fullName: '', checkpointKey}],
    tensors,
  };
}

/** The key under which the checkpoint keeps an attribute of an object. */
function attributeKey({key}: SaveNode, attribute: string): string {
  return `${key}/.ATTRIBUTES/${attribute}`;
}

/**
 * A name or a slice that a save function lists.
 *
 * @throws SaveError for what is no string.
 */
function text({dtype, data}: HostTensor, save: SaveFunction, node: SaveNode): string {
  if (dtype !== 'string') {
    throw new SaveError(
      `'${save.name}' lists ${dtype} values as the names of what it saves of '${node.label}'`,
    );
  }
  const [bytes] = data as PackedStrings;
  return bytes === undefined ? '' : decodeUtf8(bytes);
}

/** Runs a function of a loaded model and takes its results to the host. */
function run({source}: SaveFunction, inputs: readonly Value[]): HostTensor[] {
  if (source.kind !== 'loaded') throw new SaveError('only functions of loaded models save objects');
  return source.objects.concreteFunction(source.name).callFlat(inputs, (results) =>
    results.map((each) => ({
      dtype: each.dtype,
      shape: [...each.shape],
      data: each.hostData().slice() as HostTensor['data'],
    })),
  );
}

/** The checkpoint's object graph: the objects that names lead to, with the keys of what is kept of them. */
export function checkpointGraph(
  nodes: readonly SaveNode[],
  states: readonly NodeState[],
): TrackableObjectGraph {
  const saved = nodes.slice(0, nodes.findLastIndex((node) => node.key !== undefined) + 1);
  const objects = saved.map((node) =>
    makeMessage(TrackableObjectGraph_TrackableObject, {
      children: node.children
        .filter(([, {id}]) => id < saved.length)
        .map(([localName, {id}]) => ({localName, nodeId: id})),
      slotVariables: node.slots.map(({name, original, slot}) => ({
        slotName: name,
        originalVariableNodeId: original.id,
        slotVariableNodeId: slot.id,
      })),
    }),
  );
  for (const {node, attributes} of states) objects[node.id]!.attributes.push(...attributes);
  markValues(objects);
  return {nodes: objects};
}

/** Tells of each object whether it, or something that it leads to, has values. */
function markValues(objects: readonly TrackableObjectGraph_TrackableObject[]): void {
  const parents = objects.map((): number[] => []);
  objects.forEach(({children}, parent) => {
    for (const {nodeId} of children) parents[nodeId]!.push(parent);
  });
  const marked = new Set(
    objects.flatMap(({attributes, slotVariables}, i) =>
      attributes.length + slotVariables.length > 0 ? [i] : [],
    ),
  );
  for (const each of marked) for (const parent of parents[each]!) marked.add(parent);
  objects.forEach((object, i) => {
    object.hasCheckpointValues = marked.has(i);
  });
}
