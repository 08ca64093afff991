/**
 * What a checkpoint keeps of objects: everything with a value that the root reaches by the names of attributes, and the
 * names that lead there.
 *
 * Source: `tensorflow/python/checkpoint/{graph_view,save_util,util}.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {Variable} from '../../ops/variable/variable.js';
import {
  encodeMessage,
  makeMessage,
  TrackableObjectGraph_TrackableObject as TrackableObject,
  TrackableObjectGraph,
} from '../../proto/index.js';
import {isOptimizer, iterationsOf, learningRateOf} from '../../tfjs/optimizers.js';
import {LoadedObject} from '../load/loaded_object.js';
import {VARIABLE_VALUE} from '../load/restore.js';
import {escapeName, objectKey} from '../save/object_key.js';
import {exporterOf, isTrackable, type SavedObjectSpec, specOf} from '../save/trackable.js';
import {accumulatorsOf, OPTIMIZER_SLOTS} from './optimizer_slots.js';
import {
  constantValue,
  numberValue,
  type SavedDTypes,
  type StoredValue,
  variableValue,
} from './stored_value.js';

/** One object. */
export interface ObjectNode {
  readonly id: number;
  readonly object: object;
  readonly children: (readonly [name: string, node: ObjectNode])[];
  /** What precedes its attributes in their keys. */
  key: string;
  readonly value: StoredValue | undefined;
  /** Of an optimizer: what it keeps beside variables, which no name leads to. */
  readonly slots: {readonly name: string; readonly original: ObjectNode; readonly slot: ObjectNode}[];
}

/** Attributes of Keras objects that are there for SavedModels; what they hold is reached by other names as well. */
const KERAS_LISTS = new Set([
  'variables',
  'trainable_variables',
  'non_trainable_variables',
  'regularization_losses',
  'layers',
  'metrics',
  'layer_regularization_losses',
  'layer_metrics',
  'keras_api',
]);

/** A leaf that is no `tf.Variable`. */
class Leaf {
  constructor(readonly value: StoredValue) {}
}

/** All objects that `root` reaches, breadth first, `root` the first; then the slots of optimizers. */
export class CheckpointObjects {
  readonly nodes: ObjectNode[] = [];
  readonly #dtypes: SavedDTypes;
  readonly #nodes = new Map<object, ObjectNode>();
  readonly #exported = new Map<object, object>();

  /** @param besides - Children of the root that are no attributes of it. */
  constructor(root: object, besides: readonly (readonly [string, object])[], dtypes: SavedDTypes) {
    this.#dtypes = dtypes;
    this.#add(root, []);
    const specs: [ObjectNode, SavedObjectSpec][] = [];
    for (const node of this.nodes) {
      const path = node === this.root ? '' : `${node.key}/`;
      const spec = this.#specOf(node.object);
      if (spec.slots !== undefined) specs.push([node, spec]);
      const children = [...this.#childrenOf(node.object, spec), ...(node === this.root ? besides : [])];
      for (const [name, child] of children) {
        node.children.push([name, this.#nodeOf(child) ?? this.#add(child, `${path}${escapeName(name)}`)]);
      }
    }
    for (const [node, spec] of specs) this.#addSlots(node, spec);
  }

  get root(): ObjectNode {
    return this.nodes[0]!;
  }

  #identity(object: object): object {
    return object instanceof tf.Variable ? Variable.of(object) : object;
  }

  #nodeOf(object: object): ObjectNode | undefined {
    return this.#nodes.get(this.#identity(object));
  }

  #add(object: object, key: string | readonly string[]): ObjectNode {
    const node: ObjectNode = {
      id: this.nodes.length,
      object,
      children: [],
      key: typeof key === 'string' ? key : objectKey(key),
      value: this.#valueOf(object),
      slots: [],
    };
    this.nodes.push(node);
    this.#nodes.set(this.#identity(object), node);
    return node;
  }

  #valueOf(object: object): StoredValue | undefined {
    if (object instanceof Leaf) return object.value;
    if (object instanceof Variable) return variableValue(object);
    return object instanceof tf.Variable
      ? variableValue(Variable.of(object), this.#dtypes.get(object))
      : undefined;
  }

  /** The trackable that stands for an object of another kind. */
  #trackable(object: object): object {
    const exporter = exporterOf(object);
    if (exporter === undefined) return object;
    let trackable = this.#exported.get(object);
    if (trackable === undefined) {
      trackable = exporter.toTrackable(object, {includeOptimizer: false});
      this.#exported.set(object, trackable);
    }
    return trackable;
  }

  #specOf(object: object): SavedObjectSpec {
    return object instanceof tf.Variable || isOptimizer(object) ? {} : specOf(this.#trackable(object));
  }

  #childrenOf(object: object, spec: SavedObjectSpec): (readonly [string, object])[] {
    if (object instanceof tf.Variable || object instanceof Variable || object instanceof Leaf) return [];
    if (isOptimizer(object)) return Object.entries(optimizerState(object));
    if (object instanceof LoadedObject) {
      const attributes = object.attributeNames.map((name) => [name, object.get(name)] as const);
      return attributes.filter((entry): entry is readonly [string, object] => isKept(entry[1]));
    }
    const trackable = this.#trackable(object);
    const children = [...(spec.children ?? Object.entries(trackable))].filter(
      (entry): entry is readonly [string, object] => isKept(entry[1]),
    );
    return spec.identifier?.startsWith('_tf_keras_')
      ? children.filter(([name]) => !KERAS_LISTS.has(name))
      : children;
  }

  #addSlots(optimizer: ObjectNode, spec: SavedObjectSpec): void {
    for (const {variable, name, slot} of spec.slots ?? []) {
      const original = this.#nodeOf(variable);
      // A slot is saved with the variable it belongs to, or not at all.
      if (original === undefined) continue;
      const key = `${original.key}/.OPTIMIZER_SLOT/${optimizer.key}/${escapeName(name)}`;
      optimizer.slots.push({name, original, slot: this.#add(slot, key)});
    }
  }
}

/** Whether an object is of a kind that can have values. Functions are not. */
export function isKept(value: unknown): value is object {
  if (isOptimizer(value) || value instanceof Variable || value instanceof Leaf) return true;
  return isTrackable(value, () => false);
}

/** An optimizer of tfjs as Keras 2 would have it. */
function optimizerState(optimizer: tf.Optimizer): Record<string, object> {
  const rate = learningRateOf(optimizer);
  const iterations = new Leaf(numberValue('iteration', 'int64', iterationsOf(optimizer)));
  const learningRate = new Leaf(numberValue('learning_rate', 'float32', rate));
  const rule = OPTIMIZER_SLOTS[optimizer.getClassName()];
  const lists = (rule?.lists ?? []).map((list) => {
    const accumulators = accumulatorsOf(optimizer, list);
    const {factor} = list;
    if (factor === undefined) return [list.attribute, accumulators.map(({variable}) => variable)] as const;
    const by = factor(rate);
    const scaled = accumulators.map(({variable, originalName}) => {
      const data = Float32Array.from(variable.dataSync(), (each) => each * by);
      return new Leaf(constantValue(originalName, {dtype: 'float32', shape: variable.shape, data}));
    });
    return [list.attribute, scaled] as const;
  });
  const all = rule?.interleaved
    ? (lists[0]?.[1] ?? []).flatMap((_, i) => lists.map(([, slots]) => slots[i]!))
    : lists.flatMap(([, slots]): readonly object[] => slots);
  return {
    _variables: [iterations, ...all],
    _iterations: iterations,
    _learning_rate: learningRate,
    ...Object.fromEntries(lists),
  };
}

/** The key under which a checkpoint has the value of an object. */
export function valueKey(node: ObjectNode): string {
  return `${node.key}/.ATTRIBUTES/${VARIABLE_VALUE}`;
}

/** The object graph that a checkpoint carries. */
export function encodeObjectGraph({nodes}: CheckpointObjects): Uint8Array {
  const withValues = nodesWithValues(nodes);
  return encodeMessage(
    TrackableObjectGraph,
    makeMessage(TrackableObjectGraph, {
      nodes: nodes.map((node) =>
        makeMessage(TrackableObject, {
          children: node.children.map(([localName, {id}]) => ({localName, nodeId: id})),
          attributes:
            node.value === undefined
              ? []
              : [{name: VARIABLE_VALUE, fullName: node.value.name, checkpointKey: valueKey(node)}],
          slotVariables: node.slots.map(({name, original, slot}) => ({
            slotName: name,
            originalVariableNodeId: original.id,
            slotVariableNodeId: slot.id,
          })),
          hasCheckpointValues: withValues.has(node),
        }),
      ),
    }),
  );
}

/** Objects that have a value, or lead to one. */
function nodesWithValues(nodes: readonly ObjectNode[]): Set<ObjectNode> {
  const parents = new Map<ObjectNode, ObjectNode[]>();
  for (const node of nodes) {
    for (const [, child] of node.children) {
      const known = parents.get(child);
      if (known === undefined) parents.set(child, [node]);
      else known.push(node);
    }
  }
  const found = new Set(nodes.filter((node) => node.value !== undefined || node.slots.length > 0));
  for (const node of found) for (const parent of parents.get(node) ?? []) found.add(parent);
  return found;
}
