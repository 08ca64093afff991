/**
 * Traces as functions of their tensors alone, by position or by name. As in TensorFlow, the dtypes must be the declared
 * ones, and the shapes need not.
 *
 * @module
 */

import type {ArgumentSpec} from '../../graph/argument_spec.js';
import {flattenTensors, type Structure, samePlaces} from '../../graph/nest.js';
import type {ConcreteFunction} from './concrete_function.js';

/** One way of reading the arguments of a call. */
export interface CallForm {
  readonly name: string;
  readonly concreteFunctions: readonly ConcreteFunction[];
  readonly argumentSpec: ArgumentSpec | undefined;
  /** One tensor for each argument, of the declared dtype and of any shape. */
  readonly isFlat?: boolean;
}

/** @param keywords - the names of the items; undefined where they go by position alone */
export function flatForm(
  name: string,
  concrete: ConcreteFunction,
  items: readonly Structure[],
  keywords: readonly string[] | undefined,
): CallForm {
  const named = items.map((each, i) =>
    each.kind === 'tensor' ? {...each, name: keywords?.[i] ?? each.name} : each,
  );
  const inputs: Structure = {
    kind: 'tuple',
    items: [
      {kind: 'tuple', items: named},
      {kind: 'dict', fields: new Map()},
    ],
  };
  const argumentSpec =
    keywords === undefined
      ? undefined
      : {args: [...keywords], defaults: [], kwonlyargs: [], kwonlydefaults: {}};
  return {name, concreteFunctions: [concrete.withInputs(inputs)], argumentSpec, isFlat: true};
}

/** The flat form of a trace, by the names of its tensors where each has another one. */
export function flatFormOf(concrete: ConcreteFunction): CallForm {
  const items = flatArguments(concrete.inputs);
  const names = items.map((each) => (each.kind === 'tensor' ? each.name : ''));
  const isNamed = new Set(names).size === names.length && !names.includes('');
  return flatForm(concrete.name, concrete, items, isNamed ? names : undefined);
}

/** The tensors of the arguments and the variables among them, each of these once. */
export function flatArguments(inputs: Structure): Structure[] {
  const places = samePlaces(inputs);
  const flat = flattenLeaves(inputs);
  return places === undefined ? flat : flat.filter((_, i) => places[i] === i);
}

function flattenLeaves(structure: Structure): Structure[] {
  switch (structure.kind) {
    case 'list':
    case 'tuple':
      return structure.items.flatMap(flattenLeaves);
    case 'dict':
    case 'namedTuple':
      return [...structure.fields.values()].flatMap(flattenLeaves);
    case 'composite':
      return structure.variable === undefined ? [...structure.components] : [withoutAlias(structure)];
    default:
      return flattenTensors(structure);
  }
}

const withoutAlias = (structure: Extract<Structure, {kind: 'composite'}>): Structure => ({
  ...structure,
  variable: structure.variable?.trainable === undefined ? {} : {trainable: structure.variable.trainable},
});
