/**
 * Single ops that the real TensorFlow computed, as calls of raw ops.
 *
 * @module
 */

import {type Attr, Attrs} from '../../graph/attrs.js';
import {opDef} from '../../graph/op_defs.js';
import {decodeAttr, decodeTensor, type OpCase} from '../../ops/testing/op_case_json.js';
import {argumentName} from '../raw/binding.js';
import {refusal} from '../raw/raw_ops.js';

/** An attribute as a caller writes it. */
function plain(attr: Attr): unknown {
  if (attr.type === 'list') return attr.value.map(plain);
  return attr.value;
}

/** What a case gives a raw op: inputs by name, and the attributes that do not follow from them. */
export function argumentsOf({op, inputs, attrs}: OpCase) {
  const def = opDef(op)!;
  const decoded = new Map(Object.entries(attrs).map(([name, attr]) => [name, decodeAttr(attr)]));
  const read = new Attrs(
    (name) => decoded.get(name) ?? def.attrs.find((each) => each.name === name)?.default,
    op,
  );
  const tensors = inputs.map(decodeTensor);
  const inferred = new Set<string>();
  let next = 0;
  const named = def.inputs.map((arg) => {
    const name = argumentName(op, arg.name);
    if (arg.kind !== 'list' && 'typeAttr' in arg.type) inferred.add(arg.type.typeAttr);
    if (arg.kind === 'single') return [name, tensors[next++]];
    const counter = arg.kind === 'list' ? arg.typeListAttr : arg.numberAttr;
    const count = arg.kind === 'list' ? read.dtypes(counter).length : read.int(counter);
    if (count > 0) inferred.add(counter);
    // Of no tensors, the dtype does not follow.
    if (count === 0 && arg.kind === 'repeated' && 'typeAttr' in arg.type) inferred.delete(arg.type.typeAttr);
    next += count;
    return [name, tensors.slice(next - count, next)];
  });
  const given = def.attrs.flatMap(({name}) =>
    decoded.has(name) && !inferred.has(name) ? [[argumentName(op, name), plain(decoded.get(name)!)]] : [],
  );
  return {inputs: Object.fromEntries(named), attrs: Object.fromEntries(given), used: next};
}

/** Those of some cases that raw ops can be called with. */
export function callableCases(cases: readonly OpCase[]): OpCase[] {
  return distinct(cases.filter(({op, error, outputs}) => (error || outputs) && isCallable(op)));
}

/** True for raw ops that take no handles: what these are of is not in the cases. */
function isCallable(op: string): boolean {
  const def = opDef(op);
  if (def === undefined || refusal(def) !== undefined) return false;
  return !def.inputs.some(
    (arg) => arg.kind === 'single' && 'dtype' in arg.type && arg.type.dtype === 'resource',
  );
}

/** Stateful ops once for each set of attributes, because a second execution goes on where the first ended. */
function distinct(cases: readonly OpCase[]): OpCase[] {
  const seen = new Set<string>();
  return cases.filter(({op, attrs}) => {
    const key = JSON.stringify([op, attrs]);
    const again = opDef(op)!.stateful && seen.has(key);
    seen.add(key);
    return !again;
  });
}
