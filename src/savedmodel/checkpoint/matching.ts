/**
 * Which value of a checkpoint belongs to which object: by the names that lead to both, or by the names of variables.
 *
 * Source: `tensorflow/python/checkpoint/restore.py`.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {CheckpointReader} from '../../bundle/reader.js';
import type {TrackableObjectGraph, TrackableObjectGraph_TrackableObject} from '../../proto/index.js';
import {isOptimizer} from '../../tfjs/optimizers.js';
import {VARIABLE_VALUE} from '../load/restore.js';
import type {CheckpointObjects, ObjectNode} from './objects.js';
import {slotAttributes} from './optimizer_restore.js';

/** What of a checkpoint belongs to which object. */
export interface Matched {
  /** Keys of values by the object they are of. */
  readonly values: ReadonlyMap<ObjectNode, string>;
  /** Objects that get a value in another way. */
  readonly covered: ReadonlySet<ObjectNode>;
  /** Of each optimizer: the keys of what Keras's has, by attribute. */
  readonly optimizers: ReadonlyMap<tf.Optimizer, ReadonlyMap<string, readonly string[]>>;
  /** Keys that belong to none. */
  readonly unused: readonly string[];
}

/** Walks the checkpoint's objects beside ours, along the same names. */
export function matchByPath(objects: CheckpointObjects, saved: TrackableObjectGraph): Matched {
  const pairs = new Map<ObjectNode, TrackableObjectGraph_TrackableObject>();
  const covered = new Set<ObjectNode>();
  const optimizers = new Map<tf.Optimizer, Map<string, readonly string[]>>();
  const values = new Map<ObjectNode, string>();
  const queue: [ObjectNode, number][] = [[objects.root, 0]];
  for (const [node, id] of queue) {
    const object = saved.nodes[id];
    if (object === undefined || pairs.has(node)) continue;
    pairs.set(node, object);
    const key = valueKeyOf(object);
    if (key !== undefined && node.value !== undefined) values.set(node, key);
    if (isOptimizer(node.object)) {
      const keys = optimizerKeys(node.object, object, saved);
      optimizers.set(node.object, keys);
      for (const each of membersOf(node, keys)) covered.add(each);
      continue;
    }
    const children = new Map(node.children);
    for (const {localName, nodeId} of object.children) {
      const child = children.get(localName);
      if (child !== undefined) queue.push([child, nodeId]);
    }
  }
  // An optimizer may come before the variables that it keeps something for.
  for (const [node, object] of [...pairs]) {
    for (const {slotName, originalVariableNodeId, slotVariableNodeId} of object.slotVariables) {
      const original = saved.nodes[originalVariableNodeId];
      const own = node.slots.find(({name, original: of}) => name === slotName && pairs.get(of) === original);
      const stored = saved.nodes[slotVariableNodeId];
      const key = stored && valueKeyOf(stored);
      if (own !== undefined && key !== undefined) values.set(own.slot, key);
    }
  }
  const used = new Set(values.values());
  for (const keys of optimizers.values())
    for (const each of keys.values()) for (const key of each) used.add(key);
  const unused = saved.nodes.flatMap((object) => {
    const keys = object.attributes.map(({checkpointKey}) => checkpointKey);
    return keys.filter((key) => !used.has(key));
  });
  return {values, covered, optimizers, unused};
}

/** The values of an optimizer that keys are there for. */
function membersOf(optimizer: ObjectNode, keys: ReadonlyMap<string, readonly string[]>): ObjectNode[] {
  return optimizer.children.flatMap(([name, child]) => {
    const members = child.value === undefined ? child.children.map(([, member]) => member) : [child];
    return members.slice(0, keys.get(name)?.length ?? 0);
  });
}

function valueKeyOf(object: TrackableObjectGraph_TrackableObject): string | undefined {
  return object.attributes.find(({name}) => name === VARIABLE_VALUE)?.checkpointKey;
}

/** An optimizer may have no variables yet: what it gets, the checkpoint decides. */
function optimizerKeys(
  optimizer: tf.Optimizer,
  object: TrackableObjectGraph_TrackableObject,
  saved: TrackableObjectGraph,
): Map<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>();
  const add = (name: string, ids: readonly number[]) => {
    const members = ids.flatMap((id) => saved.nodes[id] ?? []);
    const found = members.flatMap((member) => valueKeyOf(member) ?? []);
    keys.set(name, found);
  };
  const children = new Map(object.children.map(({localName, nodeId}) => [localName, nodeId]));
  for (const name of ['_iterations', '_learning_rate']) add(name, [children.get(name) ?? -1]);
  for (const name of slotAttributes(optimizer)) {
    const list = saved.nodes[children.get(name) ?? -1]?.children ?? [];
    const ids = list.toSorted((a, b) => Number(a.localName) - Number(b.localName)).map(({nodeId}) => nodeId);
    add(name, ids);
  }
  return keys;
}

/** Checkpoints of TensorFlow 1 know variables by their own names. */
export function matchByName(objects: CheckpointObjects, reader: CheckpointReader): Matched {
  const values = new Map<ObjectNode, string>();
  for (const node of objects.nodes) {
    if (node.value !== undefined && reader.has(node.value.name)) values.set(node, node.value.name);
  }
  const used = new Set(values.values());
  return {
    values,
    covered: new Set(),
    optimizers: new Map(),
    unused: reader.keys().filter((key) => !used.has(key)),
  };
}
