/**
 * The signatures of a model that is saved: functions wrapped so that they take and give tensors by name.
 *
 * Source: `tensorflow/python/saved_model/signature_serialization.py`.
 *
 * @module
 */

import {SaveError} from '../../errors.js';
import {GraphBuilder} from '../../graph/builder.js';
import type {FunctionGraph} from '../../graph/graph.js';
import {identifier} from '../../graph/names.js';
import {flattenTensors, type Structure, structureOf, type TensorStructure} from '../../graph/nest.js';
import {structureProto} from '../../graph/to_proto.js';
import {isStateful} from '../../graph/write_graph.js';
import {
  FunctionSpec,
  makeMessage,
  SavedUserObject,
  type StructuredValue,
  type TensorProto,
} from '../../proto/index.js';
import {isTracedCallable} from '../../trace/func.js';
import {ConcreteFunction} from '../load/concrete_function.js';
import {originOf} from '../load/object_graph.js';
import type {RestoredFunction} from '../load/restored_function.js';
import {isLoadedSignature} from '../load/signature.js';
import {argumentSpecProto} from './argument_spec.js';
import {callFunction} from './function_calls.js';
import {type SaveFunction, SaveNode} from './save_node.js';
import type {SaveableView} from './saveable_view.js';
import {isTracedFunction} from './traced_functions.js';

/** The name under which a lone signature is saved. */
export const DEFAULT_SIGNATURE = 'serving_default';

/** Attribute of the root that holds its signatures. */
const SIGNATURES = 'signatures';

/** Attribute that says which function is the default signature. */
const DEFAULT_SIGNATURE_ATTRIBUTE = '_default_save_signature';

/** What serving uses signatures for. */
const PREDICT_METHOD = 'tensorflow/serving/predict';

/** What functions that are signatures are called. */
const WRAPPER = '__inference_signature_wrapper';

/** What they call the function that they wrap, which has no name yet. */
const WRAPPED = 'wrapped';

/** A signature. */
export interface SignatureToSave {
  readonly name: string;
  /** Takes the inputs in the order given here, and gives the flat outputs in theirs. */
  readonly function: SaveFunction;
  readonly inputs: readonly TensorStructure[];
  readonly outputs: readonly SignatureOutput[];
  readonly methodName: string;
  /** Values of inputs that need not be given. */
  readonly defaults: ReadonlyMap<string, TensorProto>;
}

/** An output of a signature: a tensor, or a composite of several. */
export interface SignatureOutput {
  readonly name: string;
  readonly structure: Structure;
  /** As the object graph writes it. */
  readonly proto: StructuredValue;
}

/** Finds the signatures, and makes the root lead to them. */
export function attachSignatures(view: SaveableView, wanted: unknown): SignatureToSave[] {
  const {root} = view;
  root.expand();
  const saved = root.child(SIGNATURES);
  if (wanted === undefined && saved !== undefined && isSignatureMap(saved))
    return savedSignatures(view, saved);
  if (wanted === undefined && saved !== undefined) {
    throw new SaveError(
      `what is saved has an attribute '${SIGNATURES}', under which its signatures would be saved; rename the attribute`,
    );
  }
  const made = [...signatureFunctions(view, wanted)].map(([name, node]) => makeSignature(view, name, node));
  const map = new SaveNode({
    case: 'user',
    proto: makeMessage(SavedUserObject, {
      identifier: 'signature_map',
      version: {producer: 1, minConsumer: 1, badConsumers: []},
    }),
  });
  map.children = made.map(({signature, node}) => [signature.name, node]);
  root.children = [...root.children.filter(([name]) => name !== SIGNATURES), [SIGNATURES, map]];
  return made.map(({signature}) => signature);
}

function isSignatureMap({kind}: SaveNode): boolean {
  return kind.case === 'user' && kind.proto.identifier === 'signature_map';
}

/** The signatures that a loaded model came with. */
function savedSignatures(view: SaveableView, map: SaveNode): SignatureToSave[] {
  map.expand();
  return map.children.map(([name, node]) => {
    const concrete = concreteOf(view, node);
    if (concrete === undefined)
      throw new SaveError(`the signature '${name}' of the loaded model is no function`);
    return signatureOf(name, concrete);
  });
}

/** A function that is a signature as it stands. */
function signatureOf(name: string, {kind}: SaveNode): SignatureToSave {
  if (kind.case !== 'concrete') throw new SaveError(`the signature '${name}' is no function`);
  const {function: fn, keywords} = kind;
  const saved = savedSignature(fn, name);
  const inputs = flattenTensors(structureOf(fn.signature.inputs));
  return {
    name,
    function: fn,
    inputs: inputs.map((each, i) => ({...each, name: keywords[i] ?? each.name})),
    outputs: outputsOf(fn),
    methodName: saved?.methodName || PREDICT_METHOD,
    defaults: saved?.defaults ?? new Map(),
  };
}

/** What the loaded model says of the signature besides. */
function savedSignature({source}: SaveFunction, name: string) {
  if (source.kind !== 'loaded') return undefined;
  return source.objects.parts.metaGraph.signatureDef.get(name);
}

/** The functions to make signatures of, by the name of the signature. */
function signatureFunctions(view: SaveableView, wanted: unknown): Map<string, SaveNode> {
  if (wanted === undefined) {
    const found = defaultSignature(view);
    return new Map(found === undefined ? [] : [[DEFAULT_SIGNATURE, found]]);
  }
  if (isFunctionLike(wanted))
    return new Map([[DEFAULT_SIGNATURE, requested(view, DEFAULT_SIGNATURE, wanted)]]);
  if (typeof wanted !== 'object' || wanted === null) {
    throw new SaveError('signatures are a function, or an object of functions by name');
  }
  return new Map(Object.entries(wanted).map(([name, each]) => [name, requested(view, name, each)]));
}

function isFunctionLike(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    (typeof value === 'object' &&
      value !== null &&
      (value instanceof ConcreteFunction || isTracedFunction(value)))
  );
}

/** The function that somebody asked for. */
function requested(view: SaveableView, name: string, value: unknown): SaveNode {
  const refuse = (why: string) => new SaveError(`the signature '${name}' ${why}`);
  if (isLoadedSignature(value)) return view.node(value.concreteFunction);
  if (!isFunctionLike(value)) {
    throw refuse('is neither made by func() nor a function or signature of a loaded model');
  }
  if (isTracedCallable(value)) {
    const [first, ...others] = value.traces();
    if (first === undefined)
      throw refuse('has no inputSignature and was never called: there is nothing to save');
    if (others.length > 0 && value.inputSignature === undefined) {
      throw refuse(`has ${others.length + 1} traces; give one of them: f.getConcreteFunction(...)`);
    }
    return view.node(first);
  }
  if (typeof value === 'function' && originOf(value) === undefined) {
    // What `concreteFunction` of a loaded function gave.
    const chosen = (value as Partial<RestoredFunction>).concreteFunctions ?? [];
    if (chosen.length === 1) return view.node(chosen[0]!);
    throw refuse('is a plain function; make it one that can be traced by func()');
  }
  const node = view.node(value as object);
  const traces = node.kind.case === 'function' ? node.kind.traces.length : 1;
  if (traces > 1 && !isDeclared(node)) throw refuse(`has ${traces} traces; give one of f.concreteFunctions`);
  const concrete = concreteOf(view, node);
  if (concrete === undefined) throw refuse('has no traces');
  return concrete;
}

/**
 * The function that becomes the signature when nobody asks for any: the only one of the root's that was declared with
 * what it takes.
 */
function defaultSignature(view: SaveableView): SaveNode | undefined {
  const possible: SaveNode[] = [];
  for (const [name, child] of view.root.children) {
    const declared =
      child.kind.case === 'concrete' || isDeclared(child) ? concreteOf(view, child) : undefined;
    if (declared === undefined) continue;
    if (name === DEFAULT_SIGNATURE_ATTRIBUTE) return declared;
    if (isPossibleSignature(declared)) possible.push(declared);
  }
  return possible.length === 1 ? possible[0] : undefined;
}

function isDeclared({kind}: SaveNode): boolean {
  if (kind.case !== 'function') return false;
  const signature = kind.spec?.inputSignature?.kind?.$case;
  return kind.declared || (signature !== undefined && signature !== 'noneValue');
}

function isPossibleSignature({kind}: SaveNode): boolean {
  if (kind.case !== 'concrete' || kind.function.graph.results.length === 0) return false;
  if (inputsOf(kind.function).some(isResource)) return false;
  return normalizedOutputs(kind.function).every(([, , structure]) => isTensor(structure));
}

/** A function's first trace by itself. */
function concreteOf(view: SaveableView, node: SaveNode): SaveNode | undefined {
  if (node.kind.case === 'concrete') return node;
  if (node.kind.case !== 'function') return undefined;
  node.expand();
  const child = node.child('trace_0');
  if (child?.kind.case === 'concrete') return child;
  const [first] = node.kind.traces;
  return first && view.concreteNode(first);
}

/** Wraps a function, unless it is a signature already. */
function makeSignature(
  view: SaveableView,
  name: string,
  node: SaveNode,
): {signature: SignatureToSave; node: SaveNode} {
  if (node.kind.case !== 'concrete') throw new SaveError(`the signature '${name}' is no function`);
  const {function: wrapped, keywords} = node.kind;
  if (isSignature(wrapped)) return {signature: signatureOf(name, node), node};
  const specs = inputsOf(wrapped);
  if (specs.some(isResource)) {
    throw new SaveError(
      `the function for the signature '${name}' takes a tf.Variable: signatures take tensors alone`,
    );
  }
  const names = specs.map((spec, i) => signatureName(keywords[i] || spec.name || `arg_${i}`));
  names.forEach((each, i) => {
    if (names.indexOf(each) < i) {
      throw new SaveError(
        `the signature '${name}' would have two inputs called '${each}'; give tensor specs names that differ`,
      );
    }
  });
  const outputs = normalizedOutputs(wrapped);
  for (const [key, , structure] of outputs) {
    if (!isTensor(structure)) {
      throw new SaveError(
        `the signature '${name}' gives a ${structure.kind} as '${key}': functions used as signatures give a tensor, a ` +
          'list of tensors, or an object of tensors by name',
      );
    }
  }
  if (outputs.length === 0) throw new SaveError(`the signature '${name}' gives no tensors`);
  return wrap(view, name, wrapped, specs, names, outputs);
}

const isResource = ({dtype}: TensorStructure): boolean => dtype === 'resource';

/** The tensors that a function takes. Of a pruned one the file has no structure, and the graph tells no shapes. */
function inputsOf({signature, graph: {parameters}, bound}: SaveFunction): readonly TensorStructure[] {
  const inputs = structureOf(signature.inputs);
  if (inputs.kind !== 'none') return flattenTensors(inputs);
  return parameters
    .slice(0, parameters.length - bound.length)
    .map(({name, dtype}) => ({kind: 'tensor', name, dtype, shape: null}));
}

function wrap(
  view: SaveableView,
  name: string,
  wrapped: SaveFunction,
  specs: readonly TensorStructure[],
  names: readonly string[],
  outputs: readonly NormalizedOutput[],
): {signature: SignatureToSave; node: SaveNode} {
  // A dict's entries are in the order of their keys.
  const order = names.map((_, i) => i).sort((a, b) => (names[a]! < names[b]! ? -1 : 1));
  const inputs = order.map((i) => ({...specs[i]!, name: names[i]!}));
  const sorted = [...outputs].sort(([a], [b]) => (a < b ? -1 : 1));
  const flat = sorted.flatMap(([, first, structure]) => flattenTensors(structure).map((_, i) => first + i));
  const outputProtos = sorted.map(([key, , structure, proto]): SignatureOutput => {
    const named = structure.kind === 'tensor' ? structureProto({...structure, name: key}) : proto;
    return {name: key, structure, proto: named};
  });
  const fields = new Map(inputs.map((each): [string, Structure] => [each.name, each]));
  const made: SaveFunction = {
    source: {kind: 'built', base: WRAPPER, callees: new Map([[WRAPPED, wrapped]])},
    name: '',
    graph: wrapperGraph(wrapped, inputs, order, flat),
    bound: wrapped.bound,
    signature: {
      inputs: structureProto({
        kind: 'tuple',
        items: [
          {kind: 'tuple', items: []},
          {kind: 'dict', fields},
        ],
      }),
      outputs: {
        kind: {
          $case: 'dictValue',
          value: {fields: new Map(outputProtos.map((each) => [each.name, each.proto]))},
        },
      },
    },
  };
  view.functions.push(made);
  const node = new SaveNode({
    case: 'concrete',
    function: made,
    keywords: inputs.map((each) => each.name),
    positional: inputs.length === 1 ? 1 : 0,
    spec: makeMessage(FunctionSpec, {
      fullargspec: argumentSpecProto({
        args: [],
        defaults: [],
        kwonlyargs: inputs.map((each) => each.name),
        kwonlydefaults: {},
      }),
      inputSignature: structureProto({kind: 'none'}),
    }),
  });
  const signature: SignatureToSave = {
    name,
    function: made,
    inputs,
    outputs: outputProtos,
    methodName: PREDICT_METHOD,
    defaults: new Map(),
  };
  return {signature, node};
}

/**
 * Calls a function under the names of a signature.
 *
 * @param order - which of the function's own parameters each input is
 * @param results - which of the function's results to give
 */
function wrapperGraph(
  wrapped: SaveFunction,
  inputs: readonly TensorStructure[],
  order: readonly number[],
  results: readonly number[],
): FunctionGraph {
  const graph = new GraphBuilder();
  const own = inputs.map(({name, dtype}) => graph.parameter(identifier(name), dtype));
  const given = order.map((_, i) => own[order.indexOf(i)]!);
  const bound = wrapped.graph.parameters
    .slice(own.length)
    .map(({dtype}) => graph.parameter('unknown', dtype));
  const call = callFunction(graph, wrapped, [...given, ...bound], {name: WRAPPED});
  const named = results.map((from, i) => ({
    name: i === 0 ? 'identity' : `identity_${i}`,
    operand: graph.op('Identity', [call.outputs[from]!]),
  }));
  if (!isStateful(wrapped.graph)) return graph.finish(WRAPPER, named, []);
  // What the function does is done before anything is given, as TensorFlow has it.
  const done = graph.statement('NoOp', [], {}, {controls: [call.node]});
  for (const {operand} of named) operand.node.controls.push(done);
  return graph.finish(WRAPPER, named, [call.node]);
}

/** True for a function that takes tensors by name only, and gives an object of tensors. */
function isSignature(fn: SaveFunction): boolean {
  const inputs = structureOf(fn.signature.inputs);
  const [args, kwargs] = inputs.kind === 'tuple' ? inputs.items : [];
  const byName =
    args?.kind === 'tuple' &&
    args.items.length === 0 &&
    kwargs?.kind === 'dict' &&
    [...kwargs.fields.values()].every(({kind}) => kind === 'tensor');
  const outputs = structureOf(fn.signature.outputs);
  return byName && outputs.kind === 'dict' && [...outputs.fields.values()].every(isTensor);
}

function isTensor({kind}: Structure): boolean {
  return kind === 'tensor' || kind === 'composite';
}

function outputsOf(fn: SaveFunction): SignatureOutput[] {
  return normalizedOutputs(fn).map(([name, , structure, proto]) => ({name, structure, proto}));
}

/** An output: its name, the number of its first tensor, its structure, and that as a message. */
type NormalizedOutput = readonly [string, number, Structure, StructuredValue];

/** What a function gives, by names: those of an object, or `output_0` and so on. */
function normalizedOutputs({signature: {outputs}}: SaveFunction): NormalizedOutput[] {
  const {kind} = outputs;
  const named: [string, StructuredValue][] = [];
  if (kind?.$case === 'dictValue') named.push(...[...kind.value.fields].sort(([a], [b]) => (a < b ? -1 : 1)));
  else if (kind?.$case === 'namedTupleValue') {
    for (const {key, value} of kind.value.values) named.push([key, value ?? {kind: undefined}]);
  } else if (kind?.$case === 'listValue' || kind?.$case === 'tupleValue') {
    kind.value.values.forEach((each, i) => {
      named.push([`output_${i}`, each]);
    });
  } else named.push(['output_0', outputs]);
  let first = 0;
  return named.map(([name, proto]) => {
    const structure = structureOf(proto);
    const at = first;
    first += flattenTensors(structure).length;
    return [name, at, structure, proto];
  });
}

/** A name that inputs of signatures may have. */
function signatureName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.\\-]/g, '_').replace(/^[^A-Za-z0-9.]+/, '');
}
