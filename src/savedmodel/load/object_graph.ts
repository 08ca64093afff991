/**
 * The objects of a TensorFlow 2 SavedModel, rebuilt from its object graph: shared nodes stay shared, cycles stay cycles,
 * and nothing is made before somebody asks for it.
 *
 * Source: `tensorflow/core/protobuf/saved_object_graph.proto`, `tensorflow/python/saved_model/load.py`.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {knownHandle} from '../../compile/analyse.js';
import {CallError, FormatError} from '../../errors.js';
import type {Attr} from '../../graph/attrs.js';
import {dtypeOf, shapeOf, tensorOf} from '../../graph/from_proto.js';
import type {Graph} from '../../graph/graph.js';
import {type Known, knownConstant} from '../../graph/known.js';
import {flattenTensors, type Structure, structureOf} from '../../graph/nest.js';
import type {DType} from '../../host/dtypes.js';
import type {HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import type {
  FunctionSpec,
  MetaGraphDef,
  SavedBareConcreteFunction,
  SavedFunction,
  SavedObject,
  SavedObjectGraph,
} from '../../proto/index.js';
import type {SavedGradient} from '../../runtime/gradient.js';
import type {Runtime} from '../../runtime/runtime.js';
import {Value} from '../../tensors/value.js';
import type {Assets} from './assets.js';
import {bareFunction} from './bare_function.js';
import {ConcreteFunction} from './concrete_function.js';
import {defineAttributes, type LoadedObject, type ModelInfo, makeLoadedObject} from './loaded_object.js';
import {matchNames} from './parameter_names.js';
import {type ArgumentSpec, type RestoredFunction, restoredFunction} from './restored_function.js';
import {makeSignature, type Signature} from './signature.js';

/** Identifiers of the containers that Python's loader gives back as lists, tuples and dicts. */
const LIST_IDENTIFIERS = new Set(['trackable_list_wrapper', 'trackable_tuple_wrapper']);
const DICT_IDENTIFIERS = new Set(['trackable_dict_wrapper']);

/** Longer lists are not believed. */
const MAX_LIST = 1_000_000;

/** What the objects are made from. */
export interface ObjectGraphParts {
  readonly metaGraph: MetaGraphDef;
  readonly objects: SavedObjectGraph;
  readonly graph: Graph;
  readonly assets: Assets;
  readonly runtime: Runtime;
  readonly info: ModelInfo;
  /** The file that Keras has beside its models. */
  readonly kerasMetadata?: Uint8Array | undefined;
}

/** Which node of which model something is. */
export interface Origin {
  readonly objects: ObjectGraph;
  readonly id: number;
}

const ORIGINS = new WeakMap<object, Origin>();

/** tfjs keeps every variable, which must not keep its model, too. */
const VARIABLES = new WeakMap<object, {readonly objects: WeakRef<ObjectGraph>; readonly id: number}>();

/** What a user has got of a model's variables does keep it: they may be saved with something else. */
const SHOWN = new WeakMap<tf.Variable, ObjectGraph>();

const BY_RUNTIME = new WeakMap<Runtime, ObjectGraph>();

/**
 * The node that an object of a loaded model was made from; also that of a variable, and of the value of a table or a
 * constant that functions are bound to. Undefined for everything else.
 */
export function originOf(object: object): Origin | undefined {
  const variable = VARIABLES.get(object);
  if (variable === undefined) return ORIGINS.get(object);
  const objects = variable.objects.deref();
  return objects && {objects, id: variable.id};
}

/** The objects of the model whose functions a runtime runs; undefined for models of TensorFlow 1. */
export function objectsOf(runtime: Runtime): ObjectGraph | undefined {
  return BY_RUNTIME.get(runtime);
}

/** The objects of one model. */
export class ObjectGraph {
  readonly #parts: ObjectGraphParts;
  readonly #nodes: readonly SavedObject[];
  readonly #made = new Map<number, unknown>();
  readonly #bound = new Map<number, Value>();
  /** Objects whose values are being made. */
  readonly #binding = new Set<number>();
  readonly #variables = new Map<number, Variable>();
  readonly #concrete = new Map<string, ConcreteFunction>();
  readonly #children = new Map<number, ReadonlyMap<string, number>>();

  constructor(parts: ObjectGraphParts) {
    this.#parts = parts;
    this.#nodes = parts.objects.nodes;
    BY_RUNTIME.set(parts.runtime, this);
    for (const [id, node] of this.#nodes.entries()) {
      for (const {nodeId, localName} of node.children) {
        if (this.#nodes[nodeId] === undefined) {
          throw new FormatError(
            `object ${id} has a child '${localName}' that does not exist (number ${nodeId})`,
          );
        }
      }
    }
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** What the objects were made from. */
  get parts(): ObjectGraphParts {
    return this.#parts;
  }

  node(id: number): SavedObject {
    const node = this.#nodes[id];
    if (node === undefined) throw new FormatError(`the object graph has no object number ${id}`);
    return node;
  }

  /** The children of an object by name. */
  children(id: number): ReadonlyMap<string, number> {
    let children = this.#children.get(id);
    if (children === undefined) {
      children = new Map(this.node(id).children.map(({localName, nodeId}) => [localName, nodeId]));
      this.#children.set(id, children);
    }
    return children;
  }

  /** The variable of a variable node, undefined for other nodes. */
  variable(id: number): Variable | undefined {
    const {kind} = this.node(id);
    if (kind?.$case !== 'variable') return undefined;
    let variable = this.#variables.get(id);
    if (variable === undefined) {
      const {name, dtype, shape, trainable} = kind.value;
      const what = `variable '${name}'`;
      // Some models save their variables without names.
      const spec = {
        name: name || `variable_${id}`,
        dtype: dtypeOf(dtype, what),
        shape: shapeOf(shape),
        trainable,
      };
      variable = this.#parts.runtime.anonymous(() => new Variable(spec));
      this.#variables.set(id, variable);
      VARIABLES.set(variable, {objects: new WeakRef(this), id});
    }
    return variable;
  }

  #faceAt(id: number): tf.Variable[] {
    const variable = this.variable(id);
    return variable === undefined ? [] : [this.#show(variable)];
  }

  #show(variable: Variable): tf.Variable {
    const face = variable.face();
    SHOWN.set(face, this);
    return face;
  }

  /** What a node is to the user. */
  object(id: number): unknown {
    const variable = this.variable(id);
    // A variable's public face may be replaced when its shape changes.
    if (variable !== undefined) return this.#show(variable);
    if (!this.#made.has(id)) this.#make(id);
    const made = this.#made.get(id);
    if (isObject(made) && !ORIGINS.has(made)) ORIGINS.set(made, {objects: this, id});
    return made;
  }

  /** What a node has become for the user; undefined where nobody has asked for it. */
  made(id: number): unknown {
    return this.#made.get(id);
  }

  /** The traces of a function node; none for other nodes. */
  traces(id: number): ConcreteFunction[] {
    const {kind} = this.node(id);
    if (kind?.$case === 'bareConcreteFunction')
      return [this.concreteFunction(kind.value.concreteFunctionName)];
    if (kind?.$case !== 'function') return [];
    return kind.value.concreteFunctions.map((name) => this.concreteFunction(name));
  }

  /** Runs the functions by which resources fill themselves: tables read their files. */
  initializeResources(): void {
    for (const [id, node] of this.#nodes.entries()) {
      if (node.kind?.$case === 'function') continue;
      const initialize = this.children(id).get('_initialize');
      if (initialize !== undefined && this.children(id).has('_create_resource')) {
        this.traces(initialize)[0]?.callFlat([], () => undefined);
      }
    }
  }

  /** The value that a function bound to this node receives. */
  boundValue(id: number): Value {
    let value = this.#bound.get(id);
    if (value === undefined) {
      if (this.#binding.has(id)) throw new FormatError(`object ${id} is needed to create itself`);
      this.#binding.add(id);
      try {
        value = this.#parts.runtime.keep(this.#bind(id));
      } finally {
        this.#binding.delete(id);
      }
      this.#bound.set(id, value);
      if (this.variable(id) === undefined) ORIGINS.set(value, {objects: this, id});
    }
    return value;
  }

  /** What is known of {@link boundValue} without making it. */
  #knownOf(id: number): Known {
    const variable = this.variable(id);
    if (variable !== undefined) return knownHandle(variable);
    const {kind} = this.node(id);
    switch (kind?.$case) {
      case 'constant':
        return knownConstant(this.#constant(kind.value.operation));
      case 'asset':
        return {dtype: 'string', shape: []};
      case 'capturedTensor':
        return {dtype: 'variant', shape: null};
      default:
        return {dtype: 'resource', shape: []};
    }
  }

  /** Variables among `id` and all it reaches, in the order in which they were saved. */
  reachableVariables(id: number): Variable[] {
    const seen = new Set([id]);
    for (const each of seen) for (const child of this.children(each).values()) seen.add(child);
    return [...seen].sort((a, b) => a - b).flatMap((each) => this.variable(each) ?? []);
  }

  #make(id: number): void {
    const {kind} = this.node(id);
    switch (kind?.$case) {
      case 'userObject':
        this.#makeUserObject(id, kind.value.identifier);
        return;
      case 'function':
        this.#made.set(id, this.#function(kind.value, id));
        return;
      case 'bareConcreteFunction':
        this.#made.set(id, this.#bareFunction(kind.value));
        return;
      case 'asset':
        this.#made.set(id, this.#parts.assets.at(kind.value.assetFileDefIndex));
        return;
      case 'constant':
        this.#made.set(id, this.boundValue(id).tensor());
        return;
      default:
        // Resources, and kinds of later TensorFlow versions, are plain objects with children.
        this.#made.set(id, this.#plainObject(id));
    }
  }

  #makeUserObject(id: number, identifier: string): void {
    const children = this.children(id);
    if (LIST_IDENTIFIERS.has(identifier)) {
      this.#makeList(id);
    } else if (DICT_IDENTIFIERS.has(identifier)) {
      const dict = {};
      this.#made.set(id, dict);
      defineAttributes(dict, {names: [...children.keys()], attribute: (name) => this.#attribute(id, name)});
    } else {
      this.#made.set(id, this.#plainObject(id));
    }
  }

  /** Lists may hold lists, which are filled one after the other: a damaged model nests them deeper than the stack is. */
  #makeList(list: number): void {
    const unfilled = [list];
    this.#made.set(list, []);
    for (const id of unfilled) {
      const items = this.#made.get(id) as unknown[];
      for (const [name, child] of this.children(id)) {
        if (!/^\d+$/.test(name)) continue;
        const place = Number(name);
        if (place >= MAX_LIST) throw new FormatError(`object ${id} is a list and has a place number ${name}`);
        if (this.isList(child) && !this.#made.has(child)) {
          this.#made.set(child, []);
          unfilled.push(child);
        }
        items[place] = this.object(child);
      }
    }
  }

  /** Whether a node is a list or a tuple. */
  isList(id: number): boolean {
    const {kind} = this.node(id);
    return kind?.$case === 'userObject' && LIST_IDENTIFIERS.has(kind.value.identifier);
  }

  /** Whether a node is a dict. */
  isDict(id: number): boolean {
    const {kind} = this.node(id);
    return kind?.$case === 'userObject' && DICT_IDENTIFIERS.has(kind.value.identifier);
  }

  /** Whether a node is a variable. */
  isVariable(id: number): boolean {
    return this.node(id).kind?.$case === 'variable';
  }

  #plainObject(id: number): LoadedObject {
    const listed = (name: string): tf.Variable[] | undefined => {
      const child = this.children(id).get(name);
      if (child === undefined) return undefined;
      return this.#elements(child).flatMap((each) => this.#faceAt(each));
    };
    const variables = (): tf.Variable[] =>
      listed('variables') ??
      this.reachableVariables(id)
        .filter((each) => each.initialized)
        .map((each) => this.#show(each));
    return makeLoadedObject({
      names: [...this.children(id).keys()],
      attribute: (name) => this.#attribute(id, name),
      variables,
      trainableVariables: () => listed('trainable_variables') ?? variables().filter((each) => each.trainable),
      regularizationLosses: () => {
        const child = this.children(id).get('regularization_losses');
        return child === undefined
          ? []
          : this.#elements(child).map((each) => this.object(each) as RestoredFunction);
      },
      signatures: () => this.signatures(id),
      model: this.#parts.info,
    });
  }

  /** Nodes in a saved list, in order. */
  #elements(list: number): number[] {
    return [...this.children(list)]
      .filter(([name]) => /^\d+$/.test(name))
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, child]) => child);
  }

  #attribute(id: number, name: string): unknown {
    const child = this.children(id).get(name);
    return child === undefined ? undefined : this.object(child);
  }

  /** The signatures of an object. */
  signatures(id: number): Readonly<Record<string, Signature>> {
    const map = this.children(id).get('signatures');
    if (map === undefined) return {};
    const signatures = [...this.children(map)].flatMap(([name, child]): [string, Signature][] => {
      const {kind} = this.node(child);
      if (kind?.$case === 'bareConcreteFunction') {
        const {concreteFunctionName, argumentKeywords} = kind.value;
        return [[name, this.#signature(name, concreteFunctionName, argumentKeywords)]];
      }
      if (kind?.$case !== 'function' || kind.value.concreteFunctions.length === 0) return [];
      return [[name, this.#signature(name, kind.value.concreteFunctions[0]!, [])]];
    });
    return Object.fromEntries(signatures);
  }

  /** @param keywords - the inputs as the file names them; the function has identifiers made of these */
  #signature(name: string, functionName: string, keywords: readonly string[]): Signature {
    const concreteFunction = this.concreteFunction(functionName);
    const def = this.#parts.metaGraph.signatureDef.get(name);
    const {args, kwargs} = concreteFunction.signature;
    const inputs = [...args.map((each) => [nameOf(each), each] as const), ...kwargs];
    const {byParameter} = matchNames(keywords, Object.fromEntries(inputs.map(([key]) => [key, key])));
    const inFile = new Map([...byParameter].map(([keyword, key]) => [key as string, keyword]));
    const outputs = concreteFunction.outputs.kind === 'dict' ? [...concreteFunction.outputs.fields] : [];
    const defaults = [...(def?.defaults ?? [])].map(
      ([input, tensor]) => [input, tensorOf(tensor, `the default of '${input}'`)] as const,
    );
    return makeSignature({
      name,
      methodName: def?.methodName ?? '',
      inputs: inputs.map(([key, each]) => [inFile.get(key) ?? key, each] as const),
      outputs,
      defaults: new Map(defaults),
      concreteFunction,
      checksShapes: false,
      def,
    });
  }

  /** A concrete function by its name in the library. */
  concreteFunction(name: string): ConcreteFunction {
    let made = this.#concrete.get(name);
    if (made === undefined) {
      const saved = this.#parts.objects.concreteFunctions.get(name);
      if (saved === undefined) throw new FormatError(`the object graph has no concrete function '${name}'`);
      made = new ConcreteFunction({
        name,
        runtime: this.#parts.runtime,
        inputs: structureOf(saved.canonicalizedInputSignature),
        outputs: structureOf(saved.outputSignature),
        bound: () => saved.boundInputs.map((id) => this.boundValue(id)),
        captures: () => saved.boundInputs.map((id) => this.#knownOf(id)),
      });
      this.#concrete.set(name, made);
    }
    return made;
  }

  #function({concreteFunctions, functionSpec}: SavedFunction, id: number): RestoredFunction {
    const traces = concreteFunctions.map((name) => this.concreteFunction(name));
    return restoredFunction(
      this.#nameOfFunction(id, concreteFunctions[0]),
      traces,
      argumentSpecOf(functionSpec),
    );
  }

  /** `__inference_embed_42` is the trace number 42 of `embed`. */
  #nameOfFunction(id: number, trace: string | undefined): string {
    return (
      /^__inference_(.+?)(_layer_call_(?:and_return_conditional_losses|fn))?_\d+$/.exec(trace ?? '')?.[1] ??
      `function ${id}`
    );
  }

  /** A trace without the function around it. */
  #bareFunction({
    concreteFunctionName,
    argumentKeywords,
    functionSpec,
  }: SavedBareConcreteFunction): RestoredFunction {
    const concrete = this.concreteFunction(concreteFunctionName);
    return bareFunction({
      name: this.#nameOfFunction(0, concreteFunctionName),
      concrete,
      keywords: argumentKeywords,
      argumentSpec: argumentSpecOf(functionSpec),
      parameters: () => {
        const {objects, runtime} = this.#parts;
        const parameters = runtime.library.get(concreteFunctionName)?.parameters ?? [];
        const bound = objects.concreteFunctions.get(concreteFunctionName)!.boundInputs.length;
        return parameters.slice(0, Math.max(0, parameters.length - bound));
      },
    });
  }

  /** The handle of a variable, of a table or of another resource; undefined for an object that is none. */
  handle(id: number): Value | undefined {
    const isResource = this.variable(id) !== undefined || this.children(id).has('_create_resource');
    return isResource ? this.boundValue(id) : undefined;
  }

  #bind(id: number): Value {
    const variable = this.variable(id);
    if (variable !== undefined) return Value.object('resource', variable);
    const {kind} = this.node(id);
    switch (kind?.$case) {
      case 'asset':
        return this.#parts.assets.value(kind.value.assetFileDefIndex);
      case 'constant':
        return Value.of(this.#constant(kind.value.operation));
      case 'capturedTensor':
        throw new CallError(
          `tensor '${kind.value.name}' exists only while '${kind.value.concreteFunction}' runs`,
        );
      default:
        return this.#createResource(id);
    }
  }

  /** The number of the object that is this trace by itself. */
  concreteFunctionNode(name: string): number | undefined {
    const id = this.#nodes.findIndex(
      ({kind}) => kind?.$case === 'bareConcreteFunction' && kind.value.concreteFunctionName === name,
    );
    return id < 0 ? undefined : id;
  }

  /** A constant in the main graph: its dtype, and the attribute `value` as it is in the file. */
  encodedConstant(operation: string): {readonly dtype: DType; readonly value: Attr} {
    const {graph, metaGraph} = this.#parts;
    const index = graph.find(operation);
    const value = index === undefined ? undefined : metaGraph.graphDef?.node[index]?.attr.get('value');
    if (index === undefined || value === undefined) {
      throw new FormatError(`the main graph has no constant '${operation}'`);
    }
    return {dtype: graph.nodes[index]!.attrs.dtype('dtype'), value: {type: 'encoded', value}};
  }

  #constant(operation: string): HostTensor {
    const {graph} = this.#parts;
    const index = graph.find(operation);
    if (index === undefined) throw new FormatError(`the main graph has no constant '${operation}'`);
    return graph.nodes[index]!.attrs.tensor('value');
  }

  /** The handle of a table or another resource, made by the model's own function. */
  #createResource(id: number): Value {
    const create = this.children(id).get('_create_resource');
    const [concrete] = create === undefined ? [] : this.traces(create);
    if (concrete === undefined) {
      throw new CallError(
        `object number ${id} is used as a resource and was saved without a way to create it`,
      );
    }
    return concrete.callFlat([], ([handle]) => {
      if (handle === undefined) throw new FormatError(`'${concrete.name}' creates no resource`);
      return handle;
    });
  }

  /** The gradients that the model brings along for its functions, by `_gradient_op_type`. */
  gradients(): Map<string, SavedGradient> {
    const registered = this.#parts.metaGraph.graphDef?.library?.registeredGradients ?? [];
    const gradients = new Map<string, SavedGradient>();
    for (const {registeredOpType, gradientFunc} of registered) {
      const saved = this.#parts.objects.concreteFunctions.get(gradientFunc);
      if (saved !== undefined)
        gradients.set(registeredOpType, this.#gradient(gradientFunc, saved.boundInputs));
    }
    return gradients;
  }

  #gradient(name: string, boundInputs: readonly number[]): SavedGradient {
    const isCaptured = boundInputs.map((id) => this.node(id).kind?.$case === 'capturedTensor');
    const captures = boundInputs.flatMap((id) => {
      const {kind} = this.node(id);
      return kind?.$case === 'capturedTensor'
        ? [{function: kind.value.concreteFunction, tensor: kind.value.name}]
        : [];
    });
    return {
      function: name,
      captures,
      results: gradientResults(structureOf(this.#parts.objects.concreteFunctions.get(name)!.outputSignature)),
      bind: (args) => {
        const captured = args.slice(args.length - captures.length);
        let next = 0;
        const bound = boundInputs.map((id, i) => (isCaptured[i] ? captured[next++]! : this.boundValue(id)));
        return [...args.slice(0, args.length - captures.length), ...bound];
      },
    };
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Which result of a gradient function belongs to which input: None stands for no gradient. */
function gradientResults(structure: Structure): (number | undefined)[] {
  let next = 0;
  const visit = (each: Structure): (number | undefined)[] => {
    if (each.kind === 'list' || each.kind === 'tuple') return each.items.flatMap(visit);
    if (each.kind === 'none') return [undefined];
    return flattenTensors(each).map(() => next++);
  };
  return visit(structure);
}

function nameOf(structure: Structure): string {
  return structure.kind === 'tensor' ? structure.name : '';
}

/** The parameters of a function from its saved `FullArgSpec`. */
function argumentSpecOf(spec: FunctionSpec | undefined): ArgumentSpec | undefined {
  const full = structureOf(spec?.fullargspec);
  if (full.kind !== 'namedTuple' && full.kind !== 'dict') return undefined;
  const strings = (name: string) => toList(full.fields.get(name)).map(String);
  const text = (name: string) => {
    const value = toJs(full.fields.get(name));
    return typeof value === 'string' ? value : undefined;
  };
  const args = strings('args');
  const kwonlydefaults = toJs(full.fields.get('kwonlydefaults'));
  return {
    args: spec!.isMethod ? args.slice(1) : args,
    varargs: text('varargs'),
    varkw: text('varkw'),
    defaults: toList(full.fields.get('defaults')),
    kwonlyargs: strings('kwonlyargs'),
    kwonlydefaults: (kwonlydefaults ?? {}) as Record<string, unknown>,
  } as ArgumentSpec;
}

function toList(structure: Structure | undefined): unknown[] {
  const value = toJs(structure);
  return Array.isArray(value) ? value : [];
}

/** A saved Python value as JavaScript has it. */
function toJs(structure: Structure | undefined): unknown {
  switch (structure?.kind) {
    case 'literal':
      return structure.value;
    case 'list':
    case 'tuple':
      return structure.items.map(toJs);
    case 'dict':
    case 'namedTuple':
      return Object.fromEntries([...structure.fields].map(([key, value]) => [key, toJs(value)]));
    case 'dtype':
    case 'shape':
    case 'constant':
      return structure.value;
    default:
      return null;
  }
}
