/**
 * Functions made signatures: wrapped so that they take and give tensors by name.
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
import {isWrittenStateful} from '../../graph/write_graph.js';
import {FunctionSpec, makeMessage} from '../../proto/index.js';
import {argumentSpecProto} from './argument_spec.js';
import {callFunction} from './function_calls.js';
import {type SaveFunction, SaveNode} from './save_node.js';
import {
  type FunctionOutput,
  inputsOf,
  isResource,
  isSignature,
  isTensor,
  outputsOf,
  type SignatureOutput,
  type SignatureToSave,
} from './signature_io.js';

/** What serving uses signatures for. */
const PREDICT_METHOD = 'tensorflow/serving/predict';

/** What functions that are signatures are called. */
const WRAPPER = '__inference_signature_wrapper';

/** What they call the function that they wrap, which has no name yet. */
const WRAPPED = 'wrapped';

/** A function that is a signature as it stands. */
export function signatureOf(name: string, {kind}: SaveNode): SignatureToSave {
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

/** A signature, and the node of its function. */
export interface MadeSignature {
  readonly signature: SignatureToSave;
  readonly node: SaveNode;
}

/**
 * Wraps a function, unless it is a signature already.
 *
 * @param functions - gets the function that is made
 */
export function makeSignature(functions: SaveFunction[], name: string, node: SaveNode): MadeSignature {
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
  const outputs = outputsOf(wrapped);
  for (const {name: key, structure} of outputs) {
    if (!isTensor(structure)) {
      throw new SaveError(
        `the signature '${name}' gives a ${structure.kind} as '${key}': functions used as signatures give a tensor, a ` +
          'list of tensors, or an object of tensors by name',
      );
    }
  }
  if (outputs.length === 0) throw new SaveError(`the signature '${name}' gives no tensors`);
  const inputs = specs.map((spec, i) => ({...spec, name: names[i]!}));
  return wrap(functions, name, wrapped, inputs, outputs);
}

/**
 * The signature whose function calls another.
 *
 * @param taken - what the wrapped function takes, in its order and by the names that the signature has
 */
function wrap(
  functions: SaveFunction[],
  name: string,
  wrapped: SaveFunction,
  taken: readonly TensorStructure[],
  outputs: readonly FunctionOutput[],
): MadeSignature {
  // A dict's entries are in the order of their keys.
  const inputs = [...taken].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sorted = [...outputs].sort((a, b) => (a.name < b.name ? -1 : 1));
  const results = sorted.flatMap(({first, structure}) => flattenTensors(structure).map((_, i) => first + i));
  const given = sorted.map(({name: key, structure, proto}): SignatureOutput => {
    const named = structure.kind === 'tensor' ? structureProto({...structure, name: key}) : proto;
    return {name: key, structure, proto: named};
  });
  const made: SaveFunction = {
    source: {kind: 'built', base: WRAPPER, callees: new Map([[WRAPPED, wrapped]])},
    name: '',
    graph: wrapperGraph(wrapped, inputs, taken, results),
    bound: wrapped.bound,
    signature: structuresOf(inputs, given),
  };
  functions.push(made);
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
    outputs: given,
    methodName: PREDICT_METHOD,
    defaults: new Map(),
  };
  return {signature, node};
}

/** Of a function that takes tensors by keyword alone, and gives an object of them. */
function structuresOf(
  inputs: readonly TensorStructure[],
  outputs: readonly SignatureOutput[],
): SaveFunction['signature'] {
  const keywords = new Map(inputs.map((each): [string, Structure] => [each.name, each]));
  const fields = new Map(outputs.map(({name, proto}) => [name, proto]));
  return {
    inputs: structureProto({
      kind: 'tuple',
      items: [
        {kind: 'tuple', items: []},
        {kind: 'dict', fields: keywords},
      ],
    }),
    outputs: {kind: {$case: 'dictValue', value: {fields}}},
  };
}

/**
 * Calls a function under the names of a signature.
 *
 * @param inputs - what the signature takes, in its order
 * @param taken - the same, in the order of the wrapped function
 * @param results - which of the function's results to give
 */
function wrapperGraph(
  wrapped: SaveFunction,
  inputs: readonly TensorStructure[],
  taken: readonly TensorStructure[],
  results: readonly number[],
): FunctionGraph {
  const graph = new GraphBuilder();
  const own = inputs.map(({name, dtype}) => graph.parameter(identifier(name), dtype));
  const given = taken.map((each) => own[inputs.indexOf(each)]!);
  const bound = wrapped.graph.parameters
    .slice(own.length)
    .map(({dtype}) => graph.parameter('unknown', dtype));
  const call = callFunction(graph, wrapped, [...given, ...bound], {name: WRAPPED});
  const named = results.map((from, i) => ({
    name: i === 0 ? 'identity' : `identity_${i}`,
    operand: graph.op('Identity', [call.outputs[from]!]),
  }));
  if (!isWrittenStateful(wrapped.graph)) return graph.finish(WRAPPER, named, []);
  // What the function does is done before anything is given, as TensorFlow has it.
  const done = graph.statement('NoOp', [], {}, {controls: [call.node]});
  for (const {operand} of named) operand.node.controls.push(done);
  return graph.finish(WRAPPER, named, [call.node]);
}

/** A name that inputs of signatures may have. */
function signatureName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.\\-]/g, '_').replace(/^[^A-Za-z0-9.]+/, '');
}
