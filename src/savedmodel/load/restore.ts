/**
 * Gives the objects of a TensorFlow 2 model their saved values: the object graph of the checkpoint is walked beside that
 * of the model, along the same names.
 *
 * Source: `tensorflow/core/protobuf/trackable_object_graph.proto`, `tensorflow/python/checkpoint/restore.py`.
 *
 * @module
 */

import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import type {CheckpointReader} from '../../bundle/reader.js';
import {FormatError} from '../../errors.js';
import {childrenOf} from '../../graph/nest.js';
import type {PackedStrings} from '../../host/strings.js';
import type {Variable} from '../../ops/variable/variable.js';
import {
  decodeMessage,
  type SavedObject,
  TrackableObjectGraph,
  type TrackableObjectGraph_TrackableObject,
} from '../../proto/index.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {onHostBackend} from '../../tfjs/host_backend.js';
import type {ExactTensor} from '../boundary.js';
import type {ConcreteFunction} from './concrete_function.js';
import {StoredValues, type Verify} from './lazy_values.js';
import type {ObjectGraph} from './object_graph.js';

/** Key of the checkpoint's own object graph. */
export const OBJECT_GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH';

/** Attribute under which a variable keeps its value. */
export const VARIABLE_VALUE = 'VARIABLE_VALUE';

/** Name of the only saveable of an object that gives and takes its tensors as a dict (TensorFlow 2.9 and later). */
const SERIALIZE_TO_TENSORS = '.TENSORS';

/** How to restore. */
export interface RestoreOptions {
  /** Leave objects other than variables as they are, too, where the checkpoint lacks something of them. */
  readonly allowPartial: boolean;
  /** Leave large values in their files, for who maps them. */
  readonly lazily: boolean;
  /** When to compare those with their checksums: see {@link StoredValues}. */
  readonly verify: Verify;
}

/**
 * Restores every variable and every object with save and restore functions of its own (tables, and the like). Variables
 * that the checkpoint lacks are left without a value.
 *
 */
export async function restoreObjects(
  objects: ObjectGraph,
  checkpoint: CheckpointReader,
  {allowPartial, lazily, verify}: RestoreOptions,
): Promise<void> {
  const saved = await readObjectGraph(checkpoint);
  const pairs = matchObjects(objects, saved);
  const stored = new StoredValues(lazily, verify);
  const values: [Variable, Value][] = [];
  try {
    for (const [id, object] of pairs) {
      const variable = objects.variable(id);
      const attribute = object.attributes.find(({name}) => name === VARIABLE_VALUE);
      if (variable === undefined || attribute === undefined || !checkpoint.has(attribute.checkpointKey))
        continue;
      values.push([variable, await stored.read(checkpoint, attribute.checkpointKey)]);
    }
    await stored.compare();
    // Values stay in host memory until a backend needs them.
    onHostBackend(() => {
      for (const [variable, value] of values) variable.assign(value);
    });
  } finally {
    stored.release();
  }
  for (const [id, object] of pairs) await restoreSaveables(objects, id, object, checkpoint, allowPartial);
}

/** The object graph that a checkpoint carries. */
export async function readObjectGraph(checkpoint: CheckpointReader): Promise<TrackableObjectGraph> {
  const stored = await checkpoint.read(OBJECT_GRAPH_KEY);
  const [bytes] = stored.data as PackedStrings;
  if (bytes === undefined) throw new FormatError('the object graph of the checkpoint is empty');
  return decodeMessage(TrackableObjectGraph, bytes, `the checkpoint's ${OBJECT_GRAPH_KEY}`);
}

/** Pairs of a model's object and the checkpoint's, found from the roots along children of the same names. */
function matchObjects(
  objects: ObjectGraph,
  saved: TrackableObjectGraph,
): Map<number, TrackableObjectGraph_TrackableObject> {
  const pairs = new Map<number, TrackableObjectGraph_TrackableObject>();
  const queue: [number, number][] = [[0, 0]];
  for (const [id, savedId] of queue) {
    const object = saved.nodes[savedId];
    if (object === undefined || pairs.has(id)) continue;
    pairs.set(id, object);
    const children = objects.children(id);
    for (const {localName, nodeId} of object.children) {
      const child = children.get(localName);
      if (child !== undefined) queue.push([child, nodeId]);
    }
  }
  // An optimizer's slots hang on no name: the checkpoint lists them with the variable they belong to, which may come
  // after the optimizer.
  for (const [id, object] of [...pairs]) {
    const slots = slotsOf(objects.node(id), pairs);
    for (const slot of object.slotVariables) {
      const own = slots.get(saved.nodes[slot.originalVariableNodeId])?.get(slot.slotName);
      const stored = saved.nodes[slot.slotVariableNodeId];
      if (own !== undefined && stored !== undefined) pairs.set(own, stored);
    }
  }
  return pairs;
}

/** An optimizer's slots by the checkpoint's object of their variable, and by name. */
function slotsOf(
  {slotVariables}: SavedObject,
  pairs: ReadonlyMap<number, TrackableObjectGraph_TrackableObject>,
): Map<TrackableObjectGraph_TrackableObject | undefined, Map<string, number>> {
  const slots = new Map<TrackableObjectGraph_TrackableObject | undefined, Map<string, number>>();
  for (const {slotName, originalVariableNodeId, slotVariableNodeId} of slotVariables) {
    const variable = pairs.get(originalVariableNodeId);
    if (variable === undefined) continue;
    if (!slots.has(variable)) slots.set(variable, new Map());
    slots.get(variable)!.set(slotName, slotVariableNodeId);
  }
  return slots;
}

/** Objects that say by functions what to read and how to take it. */
async function restoreSaveables(
  objects: ObjectGraph,
  id: number,
  object: TrackableObjectGraph_TrackableObject,
  checkpoint: CheckpointReader,
  allowPartial: boolean,
): Promise<void> {
  for (const [name, {saveFunction, restoreFunction}] of objects.node(id).saveableObjects) {
    const [save] = objects.traces(saveFunction);
    const [restore] = objects.traces(restoreFunction);
    if (save === undefined || restore === undefined) continue;
    const keys = name === SERIALIZE_TO_TENSORS ? keysByName(restore, object) : keysBySave(save, name, object);
    if (allowPartial && !keys.every((key) => checkpoint.has(key))) continue;
    const values: Value[] = [];
    for (const key of keys) values.push(Value.of(await checkpoint.read(key)));
    if (values.length > 0) restore.callFlat(values, () => undefined);
  }
}

/** The restore function takes a dict of tensors; the checkpoint's attributes end in its keys. */
function keysByName(restore: ConcreteFunction, {attributes}: TrackableObjectGraph_TrackableObject): string[] {
  const [tensors] = restore.signature.args;
  return childrenOf(tensors ?? {kind: 'none'}).flatMap(([name]) => {
    const attribute = attributes.find((each) => each.name.endsWith(String(name)));
    return attribute === undefined ? [] : [attribute.checkpointKey];
  });
}

/** The save function, told a prefix, lists what it would write: `[{name, slice_spec, tensor}, ...]`. */
function keysBySave(
  save: ConcreteFunction,
  name: string,
  {attributes}: TrackableObjectGraph_TrackableObject,
): string[] {
  const attribute = attributes.find((each) => each.name === name);
  if (attribute === undefined) return [];
  const prefix = stringValue([], [encodeUtf8(attribute.checkpointKey)]);
  const written = save.call([prefix], {exact: true});
  if (!Array.isArray(written)) throw new FormatError(`'${save.name}' lists nothing to save`);
  return written.map((each) => {
    const names = (each as {name?: ExactTensor} | null)?.name?.data;
    const text = Array.isArray(names) ? names[0] : undefined;
    if (!(text instanceof Uint8Array)) throw new FormatError(`'${save.name}' lists a tensor without a name`);
    return decodeUtf8(text);
  });
}
