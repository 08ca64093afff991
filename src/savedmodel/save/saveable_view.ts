/**
 * From objects to what is saved of them: the graph of all that the root reaches, with the functions among it and what
 * these are bound to. Objects of loaded models are taken over as they were saved.
 *
 * Source: `tensorflow/python/saved_model/save.py` (`_SaveableView`), `tensorflow/python/checkpoint/graph_view.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../../errors.js';
import {flattenTensors, type Structure, structureOf} from '../../graph/nest.js';
import {dataType, shapeProto, structureProto} from '../../graph/to_proto.js';
import type {HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/kernels.js';
import {FunctionSpec, makeMessage, SavedUserObject, SavedVariable} from '../../proto/index.js';
import type {Value} from '../../tensors/value.js';
import {isTracedCallable, type TracedCallable} from '../../trace/func.js';
import type {Capture, TracedFunction} from '../../trace/traced_function.js';
import {ConcreteFunction} from '../load/concrete_function.js';
import {LoadedObject} from '../load/loaded_object.js';
import {type ObjectGraph, objectsOf, originOf} from '../load/object_graph.js';
import {isTuple} from '../load/restored_function.js';
import {argumentSpecProto, bareArgumentSpec, inputSignatureProto} from './argument_spec.js';
import {expandLoaded, loadedKind} from './loaded_objects.js';
import {type NodeKind, type SaveFunction, SaveNode} from './save_node.js';
import {
  type ExportOptions,
  exporterOf,
  isPlainObject,
  ownerOf,
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
export class SaveGraph {
  readonly root: SaveNode;
  /** In the order of their numbers. */
  readonly nodes: SaveNode[] = [];
  /** Every function that some object refers to, in the order in which they were found. */
  readonly functions: SaveFunction[] = [];
  /** What the root says of itself. */
  readonly rootSpec: SavedObjectSpec;
  readonly #options: ExportOptions;
  /** By the object, the variable or the constant. */
  readonly #nodeOf = new Map<object, SaveNode>();
  readonly #expand = new Map<SaveNode, () => void>();
  readonly #loaded = new Map<ObjectGraph, Map<number, SaveNode>>();
  readonly #loadedFunctions = new Map<ObjectGraph, Map<string, SaveFunction>>();
  readonly #traced = new Map<TracedFunction, SaveFunction>();
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
    const known = this.#nodeOf.get(value instanceof tf.Variable ? Variable.of(value) : value);
    if (known !== undefined) return known;
    const origin = originOf(value instanceof tf.Variable ? Variable.of(value) : value);
    return origin && this.#loaded.get(origin.objects)?.get(origin.id);
  }

  /** The number that an object of a loaded model has come to have; undefined for one that is not saved. */
  loadedId(objects: ObjectGraph, id: number): number | undefined {
    const found = this.#loaded.get(objects)?.get(id)?.id;
    return found === undefined || found < 0 ? undefined : found;
  }

  /** The node of an object of a loaded model. */
  loadedNode(objects: ObjectGraph, id: number): SaveNode {
    let nodes = this.#loaded.get(objects);
    if (nodes === undefined) this.#loaded.set(objects, (nodes = new Map()));
    let node = nodes.get(id);
    if (node === undefined) {
      node = new SaveNode(loadedKind(this, objects, id));
      nodes.set(id, node);
      this.#expand.set(node, () => expandLoaded(this, node!, objects, id));
    }
    return node;
  }

  /** Models that objects are taken from, in the order in which they were met. */
  get models(): Iterable<ObjectGraph> {
    return this.#loaded.keys();
  }

  /** A function of a loaded model's library that its object graph knows. */
  loadedFunction(objects: ObjectGraph, name: string): SaveFunction {
    let functions = this.#loadedFunctions.get(objects);
    if (functions === undefined) this.#loadedFunctions.set(objects, (functions = new Map()));
    let found = functions.get(name);
    if (found === undefined) {
      const {parts} = objects;
      const saved = parts.objects.concreteFunctions.get(name);
      const graph = parts.runtime.library.get(name);
      if (saved === undefined || graph === undefined) {
        throw new SaveError(
          `the loaded model has no function '${name}', although an object of it refers to it`,
        );
      }
      found = {
        source: {kind: 'loaded', objects, name},
        name: '',
        graph,
        bound: [],
        signature: {
          inputs: saved.canonicalizedInputSignature ?? {kind: undefined},
          outputs: saved.outputSignature ?? {kind: undefined},
        },
      };
      functions.set(name, found);
      this.functions.push(found);
      found.bound = saved.boundInputs.map((each) => this.loadedNode(objects, each));
    }
    return found;
  }

  /** A function that was traced here. */
  tracedFunction(traced: TracedFunction): SaveFunction {
    let found = this.#traced.get(traced);
    if (found === undefined) {
      const {graph, inputs, outputs} = traced;
      found = {
        source: {kind: 'traced', traced},
        name: '',
        graph,
        bound: traced.captures.map((capture) => this.#captured(capture, traced)),
        signature: {inputs: structureProto(inputs), outputs: structureProto(namedResults(outputs))},
      };
      this.#traced.set(traced, found);
      this.functions.push(found);
    }
    return found;
  }

  /** Finds the children of a node, if that has not been done. */
  expand(node: SaveNode): void {
    const expand = this.#expand.get(node);
    this.#expand.delete(node);
    expand?.();
  }

  /** The node of a function by itself. */
  concreteNodeOf({source}: SaveFunction): SaveNode | undefined {
    if (source.kind === 'traced') return this.node(source.traced);
    return source.kind === 'loaded' ? this.#concreteNodeOf(source.objects, source.name) : undefined;
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
    this.expand(node);
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
    if (origin !== undefined) return this.loadedNode(origin.objects, origin.id);
    if (value instanceof tf.Variable) return this.node(Variable.of(value));
    if (value instanceof Variable) return new SaveNode(this.#variableKind(value));
    if (isTracedCallable(value)) return this.#functionNode(value);
    if (isTracedFunction(value)) return this.#concreteNode(value);
    if (value instanceof ConcreteFunction) return this.concreteNode(value);
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

  /** The node of a trace of a loaded function. */
  concreteNode(concrete: ConcreteFunction): SaveNode {
    const objects = objectsOf(concrete.runtime);
    if (objects === undefined) {
      throw new SaveError(
        `'${concrete.name}' belongs to a model of TensorFlow 1, which can only be saved as a whole`,
      );
    }
    return this.#concreteNodeOf(objects, concrete.name);
  }

  #concreteNodeOf(objects: ObjectGraph, name: string): SaveNode {
    const id = objects.concreteFunctionNode(name);
    if (id !== undefined) return this.loadedNode(objects, id);
    const fn = this.loadedFunction(objects, name);
    const keywords = flattenTensors(structureOf(fn.signature.inputs)).map((each) => each.name);
    return new SaveNode({
      case: 'concrete',
      function: fn,
      keywords,
      positional: keywords.length,
      spec: undefined,
    });
  }

  /** Attributes that the user has given to an object of a loaded model. */
  addedChildren(made: unknown): [string, SaveNode][] {
    if (!(made instanceof LoadedObject)) return [];
    const own = Object.entries(Object.getOwnPropertyDescriptors(made));
    // The saved ones are getters.
    const added = own.filter(([, {enumerable, value}]) => enumerable && value !== undefined);
    return this.#children(made, {children: added.map(([name, {value}]) => [name, value] as const)});
  }

  #container(value: object, container: keyof typeof CONTAINERS): SaveNode {
    const node = new SaveNode({case: 'user', proto: userObject({identifier: CONTAINERS[container]})});
    this.#expand.set(node, () => {
      node.children = this.#children(value, {});
    });
    return node;
  }

  #trackable(value: Trackable): SaveNode {
    const spec = specOf(value);
    const node = new SaveNode(
      spec.isResource ? {case: 'resource', device: ''} : {case: 'user', proto: userObject(spec)},
    );
    this.#expand.set(node, () => {
      node.children = this.#children(value, spec);
      node.slots = [...(spec.slots ?? [])].map(({variable, name, slot}) => {
        const each = {name, original: this.node(variable), slot: this.node(slot)};
        each.slot.slotOf = {optimizer: node, original: each.original, name};
        return each;
      });
    });
    return node;
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

  #functionNode(callable: TracedCallable): SaveNode {
    const traces = callable.traces();
    const spec = makeMessage(FunctionSpec, {
      fullargspec: argumentSpecProto(callable.argumentSpec),
      inputSignature: inputSignatureProto(callable, traces),
    });
    const node = new SaveNode({
      case: 'function',
      traces: traces.map((each) => this.tracedFunction(each)),
      spec,
      declared: callable.inputSignature !== undefined,
    });
    this.#expand.set(node, () => {
      node.children = traces.map((each, i) => [`trace_${i}`, this.node(each)]);
      node.dependencies = node.children;
    });
    return node;
  }

  #concreteNode(traced: TracedFunction): SaveNode {
    const made = this.tracedFunction(traced);
    const own = made.graph.parameters.length - made.bound.length;
    const keywords = flattenTensors(traced.inputs).map(({name}, i) => name || `arg_${i}`);
    const [positional] = traced.inputs.kind === 'tuple' ? traced.inputs.items : [];
    const node = new SaveNode({
      case: 'concrete',
      function: made,
      keywords: keywords.slice(0, own),
      positional: positional === undefined ? 0 : flattenTensors(positional).length,
      spec: makeMessage(FunctionSpec, {
        fullargspec: argumentSpecProto(bareArgumentSpec(traced.inputs)),
        inputSignature: structureProto({kind: 'none'}),
      }),
    });
    this.#expand.set(node, () => {
      // Constants are tracked by the functions that use them.
      node.children = made.bound.flatMap((each, i) =>
        each.kind.case === 'constant' || each.kind.case === 'asset' ? [[`capture_${i}`, each] as const] : [],
      );
    });
    return node;
  }

  #captured(capture: Capture, {name}: TracedFunction): SaveNode {
    if (capture.kind === 'variable') return this.node(capture.variable);
    if (capture.kind === 'constant') return this.#constant(capture.value, capture.value);
    return this.#value(capture.value, name);
  }

  /** What a function is bound to by its value: a table of a loaded model, a variable's handle, a constant. */
  #value(value: Value, name: string): SaveNode {
    const origin = originOf(value);
    if (origin !== undefined) return this.loadedNode(origin.objects, origin.id);
    if (value.dtype === 'resource') {
      const [object] = value.hostData() as readonly object[];
      if (object instanceof Variable) return this.node(object);
      const owner = object && ownerOf(object);
      if (owner !== undefined) return this.node(owner);
      throw new SaveError(
        `function '${name}' uses a resource that belongs to neither a loaded model nor an object that is saved`,
      );
    }
    const {dtype, shape} = value;
    return this.#constant(value, {dtype, shape, data: value.hostData()});
  }

  #constant(key: object, tensor: HostTensor): SaveNode {
    let node = this.#nodeOf.get(key);
    if (node === undefined) {
      node = new SaveNode({case: 'constant', dtype: tensor.dtype, value: {type: 'tensor', value: tensor}});
      node.verbatim = {registeredName: 'tf.TrackableConstant'};
      this.#nodeOf.set(key, node);
    }
    return node;
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

/** True for a trace that stands by itself. */
export function isTracedFunction(value: object): value is TracedFunction {
  return 'graph' in value && 'captures' in value && 'callees' in value;
}

function isFunctionObject(value: object): boolean {
  if (isTracedCallable(value) || value instanceof ConcreteFunction) return true;
  if (typeof value === 'object') return isTracedFunction(value);
  const origin = originOf(value);
  const kind = origin?.objects.node(origin.id).kind?.$case;
  return kind === 'function' || kind === 'bareConcreteFunction';
}

/** Results without a name have TensorFlow's. */
function namedResults(structure: Structure): Structure {
  switch (structure.kind) {
    case 'tensor':
      return structure.name === '' ? {...structure, name: 'unknown'} : structure;
    case 'list':
    case 'tuple':
      return {...structure, items: structure.items.map(namedResults)};
    case 'dict':
    case 'namedTuple':
      return {
        ...structure,
        fields: new Map([...structure.fields].map(([key, each]) => [key, namedResults(each)])),
      };
    default:
      return structure;
  }
}
