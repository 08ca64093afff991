/**
 * What the inputs and outputs of a function are called as one flat list each.
 *
 * @module
 */

import {CallError} from '../../errors.js';
import {childrenOf, type Structure, type TensorStructure} from '../../graph/nest.js';
import type {HostTensor} from '../../host/tensor.js';
import {ConcreteFunction} from '../load/concrete_function.js';
import {matchNames} from '../load/parameter_names.js';
import type {RestoredFunction} from '../load/restored_function.js';
import {isLoadedSignature, type Signature} from '../load/signature.js';

/** What can be written: a signature, a function with one trace, or a trace. */
export type OnnxSource = Signature | RestoredFunction | ConcreteFunction;

/** A function, and the names of the tensors that it takes and gives. */
export interface NamedFunction {
  readonly concrete: ConcreteFunction;
  /** By flat input. */
  readonly inputs: readonly string[];
  /** By flat output. */
  readonly outputs: readonly string[];
  /** Inputs that need not be given, by their names. */
  readonly defaults: ReadonlyMap<string, HostTensor>;
}

const NO_DEFAULTS: ReadonlyMap<string, HostTensor> = new Map();

/**
 * Names all tensors. Inputs and outputs of signatures have the names of these; inputs of functions those that they were traced with;
 * of nested ones, `a/b`; a lone output is `output_0`, and those of a list `output_0`, `output_1`, ...
 *
 * @throws CallError for a function of several traces.
 */
export function namedFunction(source: OnnxSource): NamedFunction {
  if (isLoadedSignature(source)) return namedSignature(source);
  const concrete = source instanceof ConcreteFunction ? source : onlyTrace(source);
  const {args, kwargs} = concrete.signature;
  const inputs = [
    ...args.flatMap((each, i) => leavesOf(each, `arg_${i}`)),
    ...[...kwargs].flatMap(([name, each]) => leavesOf(each, name)),
  ];
  return {
    concrete,
    inputs: distinct(inputs.map(({path, tensor}) => tensor.name || path)),
    outputs: outputNames(concrete.outputs),
    defaults: NO_DEFAULTS,
  };
}

function namedSignature({concreteFunction, inputs, defaults}: Signature): NamedFunction {
  const {args, kwargs} = concreteFunction.signature;
  const own = [...args.map((each, i) => [nameOf(each) || `arg_${i}`, each] as const), ...kwargs];
  // The function has identifiers that are made of the names in the file.
  const {byParameter} = matchNames(
    Object.keys(inputs),
    Object.fromEntries(own.map(([name]) => [name, name])),
  );
  const inFile = new Map([...byParameter].map(([name, key]) => [key as string, name]));
  const leaves = own.flatMap(([name, each]) => leavesOf(each, inFile.get(name) ?? name));
  return {
    concrete: concreteFunction,
    inputs: distinct(leaves.map(({path}) => path)),
    outputs: outputNames(concreteFunction.outputs),
    defaults,
  };
}

function onlyTrace({concreteFunctions}: RestoredFunction): ConcreteFunction {
  const [only, ...others] = concreteFunctions;
  if (only !== undefined && others.length === 0) return only;
  throw new CallError(
    `the function has ${concreteFunctions.length} traces, and one of them can be written: ` +
      '`f.concreteFunction(new TensorSpec(...))` gives the one for such arguments',
  );
}

const nameOf = (structure: Structure): string => (structure.kind === 'tensor' ? structure.name : '');

interface Leaf {
  readonly path: string;
  readonly tensor: TensorStructure;
}

/** The tensors of a structure in flattening order, with their paths in it. */
function leavesOf(structure: Structure, path: string): Leaf[] {
  if (structure.kind === 'tensor') return [{path, tensor: structure}];
  const children =
    structure.kind === 'composite'
      ? structure.components.map((tensor) => [tensor.name, tensor] as const)
      : childrenOf(structure);
  return children.flatMap(([key, child]) => leavesOf(child, path === '' ? String(key) : `${path}/${key}`));
}

/** What `tfhub run` calls them, too. */
function outputNames(structure: Structure): string[] {
  if (structure.kind === 'tensor') return ['output_0'];
  const isList = structure.kind === 'list' || structure.kind === 'tuple';
  const leaves = isList
    ? structure.items.flatMap((item, i) => leavesOf(item, `output_${i}`))
    : leavesOf(structure, '');
  return distinct(leaves.map(({path}) => path));
}

/** Names of which each is there once, those that come later with a number. */
export function distinct(names: readonly string[], taken: Iterable<string> = []): string[] {
  const used = new Set(taken);
  return names.map((name) => {
    let own = name;
    for (let i = 1; used.has(own); i++) own = `${name}_${i}`;
    used.add(own);
    return own;
  });
}
