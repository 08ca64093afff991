/**
 * What is known of the arguments of a function, and of what it captures, before it is called.
 *
 * @module
 */

import {declaredOf} from '../../compile/analyse.js';
import type {Known} from '../../graph/known.js';
import {mergeShapes, type PartialShape} from '../../host/shape.js';
import type {ConcreteFunction} from './concrete_function.js';

/** What calls are compiled for: what the graph says of the arguments, their ranks, and what is captured. */
export function calledWith(concrete: ConcreteFunction): readonly Known[] {
  return known(concrete, (declared, given) => {
    if (given.value !== undefined) return given;
    const shape = declared.shape ?? given.shape?.map(() => null) ?? null;
    return {...declared, dtype: given.dtype, shape};
  });
}

/**
 * What holds of every call with the shapes that the function declares, and with the values that it captures.
 *
 * @param shapes - by flat input, what else is known of its shape
 */
export function declaredFor(concrete: ConcreteFunction, shapes: readonly PartialShape[]): readonly Known[] {
  return known(concrete, (declared, given, input) => {
    const shape = mergeShapes(declared.shape, given.shape) ?? given.shape;
    return {...declared, ...given, shape: mergeShapes(shape, shapes[input] ?? null) ?? shape};
  });
}

function known(
  {runs, captures, flatInputs}: ConcreteFunction,
  combine: (declared: Known, given: Known, input: number) => Known,
): Known[] {
  const {graph, request} = runs;
  const first = request.feeds.length - captures.length;
  return request.feeds.map((feed, i) => {
    const declared = declaredOf(graph, feed);
    const given = i < first ? flatInputs[i] : captures[i - first];
    if (given === undefined) return declared;
    const {dtype, shape, handle, value} = given as Known;
    if (handle !== undefined) return {dtype, shape, handle};
    return combine(declared, {dtype, shape, ...(value && {value})}, i);
  });
}
