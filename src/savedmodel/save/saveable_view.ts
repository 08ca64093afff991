/**
 * From objects to what is saved of them: all that the root reaches, with the functions among it and what these are bound
 * to, before anything has its name in a file.
 *
 * Source: `tensorflow/python/saved_model/save.py` (`_SaveableView`), `tensorflow/python/checkpoint/graph_view.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../../errors.js';
import {dataType, shapeProto} from '../../graph/to_proto.js';
import {Variable} from '../../ops/variable/variable.js';
import {isPlainObject} from '../../plain_object.js';
import {makeMessage, SavedUserObject, SavedVariable} from '../../proto/index.js';
import {isTracedCallable} from '../../trace/func.js';
import {ConcreteFunction} from '../load/concrete_function.js';
import {LoadedObject} from '../load/loaded_object.js';
import {objectsOf, originOf} from '../load/object_graph.js';
import {isTuple} from '../load/restored_function.js';
import {LoadedObjects} from './loaded_objects.js';
import {type NodeKind, type SaveFunction, SaveNode} from './save_node.js';
import {isTracedFunction, TracedFunctions} from './traced_functions.js';
import {
  type ExportOptions,
  exporterOf,
  type SavedObjectSpec,
  specOf,
  Trackable,
  trackedChildren,
} from './trackable.js';

/** What TensorFlow's loader makes lists, tuples and dicts of. */
const CONTAINERS = {
  list: 'trackable_list_wrapper',
  tuple: 'trackable_tuple_wrapper',
  dict: 'trackable_dict_wrapper',
} as const;

/** Objects without a class that a loader would know. */
const USER_OBJECT = '_generic_user_object';

/** Everything that is saved, found from the root. */
export class SaveableView {
  readonly root: SaveNode;
  /** In the order of their numbers. */
  readonly nodes: SaveNode[] = [];
  /** Every function that some object refers to, in the order in which they were found. */
  readonly functions: SaveFunction[] = [];
  /** What is taken of loaded models. */
  readonly loaded = new LoadedObjects(this.functions, (made) => this.#addedTo(made));
  /** What the root says of itself. */
  readonly rootSpec: SavedObjectSpec;
  readonly #options: ExportOptions;
  readonly #traced = new TracedFunctions(this.functions, (object) => this.node(object));
  readonly #nodeOf = new Map<object, SaveNode>();
  readonly #variableNames: ReadonlyMap<tf.Variable, string>;

  constructor(root: object, options: ExportOptions) {
    this.#options = options;
    const object = this.#exported(root);
    this.rootSpec = object instanceof Trackable ? specOf(object) : {};
    this.#variableNames = this.rootSpec.variableNames ?? new Map();
    this.root = this.node(object);
    if (object !== root) this.#nodeOf.set(root, this.root);
  }

  /** The node of an object, made when it is first asked for. */
  node(value: object): SaveNode {
    let node = this.#nodeOf.get(value);
    if (node === undefined) {
      node = this.#make(value);
      this.#nodeOf.set(value, node);
    }
    return node;
  }

  /** The node that was made for an object, undefined for one that is not saved. */
  find(value: object): SaveNode | undefined {
    const object = value instanceof tf.Variable ? Variable.of(value) : value;
    const known = this.#nodeOf.get(object);
    if (known !== undefined) return known;
    const origin = originOf(object);
    return origin && this.loaded.find(origin.objects, origin.id);
  }

  /** The node of a function by itself. */
  concreteNode({source}: SaveFunction): SaveNode | undefined {
    if (source.kind === 'traced') return this.node(source.traced);
    return source.kind === 'loaded' ? this.loaded.concreteNode(source.objects, source.name) : undefined;
  }

  /** Gives every object a number: what names lead to from the root first, breadth first, and then what else there is. */
  number(): void {
    this.#visit([this.root]);
    for (const owner of [...this.nodes]) {
      for (const {slot} of owner.slots) this.#append(slot);
    }
    for (const node of [...this.nodes]) {
      for (const {save, restore} of node.saveables.values()) {
        this.#append(save);
        this.#append(restore);
      }
    }
    this.numberRest();
  }

  /** Gives a number to what functions are bound to and no name leads to: constants, and tensors that gradients take. */
  numberRest(): void {
    let count: number;
    do {
      count = this.nodes.length;
      for (const node of this.nodes) {
        for (const [, each] of node.dependencies) this.#append(each);
        for (const [, each] of node.children) this.#append(each);
      }
      for (const each of this.functions) {
        for (const node of each.bound) if (!hasState(node)) this.#append(node);
      }
    } while (count < this.nodes.length);
    this.#checkBound();
  }

  #visit(queue: SaveNode[]): void {
    for (const node of queue) {
      if (node.id >= 0) continue;
      node.reachable = true;
      this.#append(node);
      if (node.kind.case === 'function') {
        for (const each of node.kind.traces) each.attribute ??= node.path.join('_');
      }
      for (const [name, child] of node.children) {
        if (child.id >= 0) continue;
        if (child.path.length === 0 && child !== this.root) child.path = [...node.path, name];
        queue.push(child);
      }
    }
  }

  #append(node: SaveNode): void {
    if (node.id >= 0) return;
    node.id = this.nodes.length;
    this.nodes.push(node);
    node.expand();
  }

  /** A variable or a table that no name leads to would have no place in the checkpoint. */
  #checkBound(): void {
    for (const {source, bound} of this.functions) {
      for (const node of bound) {
        if (!hasState(node) || node.reachable || node.slotOf !== undefined) continue;
        const {kind} = node;
        const name =
          source.kind === 'loaded' ? source.name : source.kind === 'traced' ? source.traced.name : '';
        const what =
          kind.case === 'variable' ? `the variable '${kind.proto.name}'` : 'a table or another resource';
        throw new SaveError(
          `function '${name}' uses ${what}, to which no attribute of what is saved leads: ` +
            'assign it, or the object that holds it, to an attribute',
        );
      }
    }
  }

  #exported(value: object): object {
    const exporter = exporterOf(value);
    if (exporter === undefined) return value;
    const made = exporter.toTrackable(value, this.#options);
    if (exporterOf(made) !== undefined)
      throw new SaveError('an exporter gave an object that needs one itself');
    return made;
  }

  #make(value: object): SaveNode {
    const origin = originOf(value);
    if (origin !== undefined) return this.loaded.node(origin.objects, origin.id);
    if (value instanceof tf.Variable) return this.node(Variable.of(value));
    if (value instanceof Variable) return new SaveNode(this.#variableKind(value));
    if (isTracedCallable(value)) return this.#traced.callableNode(value);
    if (isTracedFunction(value)) return this.#traced.traceNode(value);
    if (value instanceof ConcreteFunction) return this.#loadedTrace(value);
    if (value instanceof LoadedObject) {
      throw new SaveError(
        'a model of TensorFlow 1 cannot be part of another object; it can be saved by itself, as a whole',
      );
    }
    const exported = this.#exported(value);
    if (exported !== value) return this.node(exported);
    if (Array.isArray(value)) return this.#container(value, isTuple(value) ? 'tuple' : 'list');
    if (value instanceof Trackable) return this.#trackable(value);
    if (isPlainObject(value)) return this.#container(value, 'dict');
    throw new SaveError(`an object of the class ${value.constructor?.name ?? 'null'} cannot be saved`);
  }

  #loadedTrace({runtime, name}: ConcreteFunction): SaveNode {
    const objects = objectsOf(runtime);
    if (objects === undefined) {
      throw new SaveError(`'${name}' belongs to a model of TensorFlow 1, which can only be saved as a whole`);
    }
    return this.loaded.concreteNode(objects, name);
  }

  /** Attributes that the user has given to an object of a loaded model. */
  #addedTo(made: unknown): [string, SaveNode][] {
    if (!(made instanceof LoadedObject)) return [];
    const own = Object.entries(Object.getOwnPropertyDescriptors(made));
    // The saved ones are getters.
    const added = own.filter(([, {enumerable, value}]) => enumerable && value !== undefined);
    return this.#children(made, {children: added.map(([name, {value}]) => [name, value] as const)});
  }

  #container(value: object, container: keyof typeof CONTAINERS): SaveNode {
    const proto = userObject({identifier: CONTAINERS[container]});
    return new SaveNode({case: 'user', proto}, (node) => {
      node.children = this.#children(value, {});
    });
  }

  #trackable(value: Trackable): SaveNode {
    const spec = specOf(value);
    const kind: NodeKind = spec.isResource
      ? {case: 'resource', device: ''}
      : {case: 'user', proto: userObject(spec)};
    return new SaveNode(kind, (node) => {
      node.children = this.#children(value, spec);
      node.slots = [...(spec.slots ?? [])].map(({variable, name, slot}) => {
        const each = {name, original: this.node(variable), slot: this.node(slot)};
        each.slot.slotOf = {optimizer: node, original: each.original, name};
        return each;
      });
    });
  }

  #children(value: object, spec: SavedObjectSpec): [string, SaveNode][] {
    return trackedChildren(value, isFunctionObject, spec).map(([name, child]) => [name, this.node(child)]);
  }

  #variableKind(variable: Variable): NodeKind {
    const {shape, trainable} = variable;
    const name = this.#variableNames.get(variable.face()) ?? variable.name;
    const proto = makeMessage(SavedVariable, {
      dtype: dataType(variable.dtype),
      shape: shapeProto(shape),
      trainable,
      name: /^\d+$/.test(name) ? '' : name,
    });
    return {case: 'variable', variable, proto};
  }
}

/** True for what has to have a place in the checkpoint, or be made before functions can be bound to it. */
function hasState({kind}: SaveNode): boolean {
  return kind.case === 'variable' || kind.case === 'resource';
}

function userObject({identifier, version, metadata}: SavedObjectSpec): SavedUserObject {
  const {producer, minConsumer} = version ?? {producer: 1, minConsumer: 1};
  return makeMessage(SavedUserObject, {
    identifier: identifier ?? USER_OBJECT,
    version: {producer, minConsumer, badConsumers: []},
    metadata: metadata ?? '',
  });
}

function isFunctionObject(value: object): boolean {
  if (isTracedCallable(value) || value instanceof ConcreteFunction) return true;
  if (typeof value === 'object') return isTracedFunction(value);
  const origin = originOf(value);
  const kind = origin?.objects.node(origin.id).kind?.$case;
  return kind === 'function' || kind === 'bareConcreteFunction';
}
