/**
 * Why no trace takes some arguments, where that is one thing.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {Structure} from '../../graph/nest.js';
import type {PartialShape} from '../../host/shape.js';
import {isPlainObject} from '../../plain_object.js';
import {similarName} from '../../similar.js';
import type {ConcreteFunction} from './concrete_function.js';
import {describeArgument, describeStructure} from './describe_call.js';

/** Arguments as they were bound, and what they are called. */
export interface GivenArguments {
  readonly args: readonly unknown[];
  readonly kwargs: ReadonlyMap<string, unknown>;
  /** The names of positional arguments. */
  readonly names: readonly string[];
  /** The names of all. */
  readonly known: ReadonlySet<string>;
}

/** So many forms are told that an argument may have. */
const MOST_FORMS = 3;

/**
 * The one argument that is in the way, and what is taken in its place; undefined where there are several, or other reasons.
 *
 * @param fits - whether an argument fits a structure
 */
export function misfit(
  concreteFunctions: readonly ConcreteFunction[],
  given: GivenArguments,
  fits: (argument: unknown, structure: Structure) => boolean,
): string | undefined {
  const named = keywordsByMistake(given);
  if (named !== undefined) return named;
  const found = concreteFunctions.flatMap(({signature: {args, kwargs}}) => {
    const misfits = [
      ...args.flatMap((structure, i) =>
        fits(given.args[i], structure) ? [] : [{name: given.names[i], argument: given.args[i], structure}],
      ),
      ...[...kwargs].flatMap(([name, structure]) =>
        fits(given.kwargs.get(name), structure) ? [] : [{name, argument: given.kwargs.get(name), structure}],
      ),
    ];
    return misfits.length === 1 ? misfits : [];
  });
  const [first] = found;
  if (first?.name === undefined || found.some(({name}) => name !== first.name)) return undefined;
  const forms = [...new Set(found.map(({structure}) => describeStructure(structure)))];
  if (forms.length > MOST_FORMS) return undefined;
  const why = forms.length === 1 ? difference(first.argument, first.structure) : undefined;
  return `'${first.name}' is ${describeArgument(first.argument)}, and takes ${forms.join(' or ')}${why === undefined ? '' : `: ${why}`}`;
}

/** An object of keywords, one of which is none, stands for an argument. */
function keywordsByMistake({args, known}: GivenArguments): string | undefined {
  const last = args.findLast(isPlainObject);
  if (last === undefined) return undefined;
  for (const key of Object.keys(last)) {
    const meant = known.has(key) ? undefined : similarName(key, known);
    if (meant !== undefined) return `there is no argument '${key}'; did you mean '${meant}'?`;
  }
  return undefined;
}

/** What two tensors differ by. */
function difference(argument: unknown, structure: Structure): string | undefined {
  if (argument instanceof Promise) return 'await it first';
  if (!(argument instanceof tf.Tensor) || structure.kind !== 'tensor') return undefined;
  const {shape, dtype} = structure;
  return shapeDifference(argument.shape, shape) ?? `its dtype is ${argument.dtype} and not ${dtype}`;
}

function shapeDifference(given: readonly number[], wanted: PartialShape): string | undefined {
  if (wanted === null) return undefined;
  if (given.length !== wanted.length)
    return `it has ${given.length} dimension${given.length === 1 ? '' : 's'} and not ${wanted.length}`;
  const wrong = wanted.flatMap((size, k) => (size === null || size === given[k] ? [] : [k]));
  if (wrong.length === 0) return undefined;
  return `its ${wrong.length === 1 ? 'dimension' : 'dimensions'} ${wrong.map((k) => `${k} is ${given[k]} and not ${wanted[k]}`).join(', ')}`;
}
