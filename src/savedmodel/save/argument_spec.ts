/**
 * The parameters of functions as SavedModels tell them: Python's `inspect.getfullargspec`.
 *
 * @module
 */

import {flattenTensors, type Structure} from '../../graph/nest.js';
import {structureProto} from '../../graph/to_proto.js';
import type {StructuredValue} from '../../proto/index.js';
import type {ArgumentSpec, TracedCallable} from '../../trace/func.js';
import type {TracedFunction} from '../../trace/traced_function.js';

const NONE: Structure = {kind: 'none'};

/** A `FullArgSpec`. */
export function argumentSpecProto(spec: ArgumentSpec): StructuredValue {
  const {args, varargs, varkw, defaults, kwonlyargs, kwonlydefaults} = spec;
  const fields: [string, Structure][] = [
    ['args', list(args)],
    ['varargs', value(varargs)],
    ['varkw', value(varkw)],
    ['defaults', defaults.length === 0 ? NONE : {kind: 'tuple', items: defaults.map(value)}],
    ['kwonlyargs', list(kwonlyargs)],
    ['kwonlydefaults', Object.keys(kwonlydefaults).length === 0 ? NONE : value(kwonlydefaults)],
    ['annotations', {kind: 'dict', fields: new Map()}],
  ];
  return structureProto({kind: 'namedTuple', name: 'FullArgSpec', fields: new Map(fields)});
}

function list(names: readonly string[]): Structure {
  return {kind: 'list', items: names.map((name) => ({kind: 'literal', value: name}))};
}

/** A default value: JavaScript has nothing that a tensor spec or a tuple could be mistaken for. */
function value(given: unknown): Structure {
  if (typeof given === 'boolean' || typeof given === 'string' || typeof given === 'number') {
    return {kind: 'literal', value: given};
  }
  if (Array.isArray(given)) return {kind: 'list', items: given.map(value)};
  if (typeof given !== 'object' || given === null) return NONE;
  const entries = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  return {kind: 'dict', fields: new Map(entries.map(([key, each]) => [key, value(each)]))};
}

/** The `input_signature` of a function: the positional arguments, where it was declared with one. */
export function inputSignatureProto(
  {argumentSpec, inputSignature}: TracedCallable,
  traces: readonly TracedFunction[],
): StructuredValue {
  const inputs = traces[0]?.inputs;
  const declared = inputSignature !== undefined && argumentSpec.kwonlyargs.length === 0;
  if (!declared || inputs?.kind !== 'tuple') return structureProto(NONE);
  return structureProto(inputs.items[0]!);
}

/** The parameters of a trace that stands by itself: those it was traced with, without their defaults. */
export function bareArgumentSpec(inputs: Structure): ArgumentSpec {
  const [args, kwargs] = inputs.kind === 'tuple' ? inputs.items : [];
  const positional = args?.kind === 'tuple' || args?.kind === 'list' ? args.items : [];
  return {
    args: positional.map((each, i) => flattenTensors(each)[0]?.name || `arg_${i}`),
    defaults: [],
    kwonlyargs: kwargs?.kind === 'dict' ? [...kwargs.fields.keys()] : [],
    kwonlydefaults: {},
  };
}
