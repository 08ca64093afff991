/**
 * What signatures take and give: tensors by name, where functions have arguments and results.
 *
 * Source: `tensorflow/python/saved_model/signature_serialization.py`.
 *
 * @module
 */

import {flattenTensors, type Structure, structureOf, type TensorStructure} from '../../graph/nest.js';
import type {StructuredValue, TensorProto} from '../../proto/index.js';
import type {SaveFunction} from './save_node.js';

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

/** An output of a function, and which of its flat results are the tensors of that. */
export interface FunctionOutput extends SignatureOutput {
  /** The number of the first one. */
  readonly first: number;
}

/** The tensors that a function takes. Of a pruned one the file has no structure, and the graph tells no shapes. */
export function inputsOf({signature, graph: {parameters}, bound}: SaveFunction): readonly TensorStructure[] {
  const inputs = structureOf(signature.inputs);
  if (inputs.kind !== 'none') return flattenTensors(inputs);
  return parameters
    .slice(0, parameters.length - bound.length)
    .map(({name, dtype}) => ({kind: 'tensor', name, dtype, shape: null}));
}

/** What a function gives, by names: those of an object, or `output_0` and so on. */
export function outputsOf({signature: {outputs}}: SaveFunction): FunctionOutput[] {
  let next = 0;
  return namedOutputs(outputs).map(([name, proto]) => {
    const structure = structureOf(proto);
    const first = next;
    next += flattenTensors(structure).length;
    return {name, structure, proto, first};
  });
}

function namedOutputs(outputs: StructuredValue): (readonly [string, StructuredValue])[] {
  const {kind} = outputs;
  switch (kind?.$case) {
    case 'dictValue':
      return [...kind.value.fields].sort(([a], [b]) => (a < b ? -1 : 1));
    case 'namedTupleValue':
      return kind.value.values.map(({key, value}) => [key, value ?? {kind: undefined}]);
    case 'listValue':
    case 'tupleValue':
      return kind.value.values.map((each, i) => [`output_${i}`, each]);
    default:
      return [['output_0', outputs]];
  }
}

/** True for a function that takes tensors by name only, and gives an object of tensors. */
export function isSignature(fn: SaveFunction): boolean {
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

/** True for what a signature may give under a name. */
export function isTensor({kind}: Structure): boolean {
  return kind === 'tensor' || kind === 'composite';
}

/** True for the handle of a variable: no signature takes one. */
export function isResource({dtype}: TensorStructure): boolean {
  return dtype === 'resource';
}
