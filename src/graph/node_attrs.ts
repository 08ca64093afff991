/**
 * The attributes of a node that is built: written short, completed by what follows from its inputs.
 *
 * @module
 */

import {encodeUtf8} from '../algorithms/utf8.js';
import {SaveError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';
import type {Attr} from './attrs.js';
import {type ArgDef, type AttrDefType, elementType, type OpDef} from './op_defs.js';

/** An attribute as a rule writes it: the op's definition says what it means. Or one that says so itself. */
export type AttrInput =
  | number
  | bigint
  | boolean
  | string
  | null
  | HostTensor
  | {readonly func: string}
  | readonly (number | string | boolean | PartialShape)[]
  | Attr;

/** Attributes by name. */
export type AttrInputs = Readonly<Record<string, AttrInput>>;

/** What of an input its node's attributes follow from. */
type Typed = {readonly dtype: DType};

/**
 * Attributes given, and those that follow from dtypes and numbers of the inputs. Names that begin with an underscore are
 * TensorFlow's own: no definition lists them.
 *
 * @param inputs - list arguments as arrays
 * @throws SaveError for inputs and attributes that the op does not take, or lacks.
 */
export function completeAttrs(
  {name: op, inputs: args, attrs: defs}: OpDef,
  inputs: readonly (Typed | readonly Typed[])[],
  given: AttrInputs,
): Map<string, Attr> {
  const attrs = new Map<string, Attr>();
  if (inputs.length !== args.length) {
    throw new SaveError(`${op} takes ${args.length} inputs and is given ${inputs.length}`);
  }
  args.forEach((arg, i) => {
    inferFrom(op, arg, [inputs[i]!].flat() as readonly Typed[], attrs);
  });
  for (const {name, type} of defs) {
    const value = given[name];
    if (value !== undefined) attrs.set(name, toAttr(value, type));
  }
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('_') && isAttr(value)) attrs.set(name, value);
    if (!attrs.has(name)) throw new SaveError(`${op} has no attribute '${name}'`);
  }
  for (const def of defs) {
    if (!attrs.has(def.name) && def.default === undefined) {
      throw new SaveError(`${op} needs the attribute '${def.name}'`);
    }
  }
  return attrs;
}

function inferFrom(op: string, arg: ArgDef, list: readonly Typed[], attrs: Map<string, Attr>): void {
  if (arg.kind === 'list') {
    attrs.set(arg.typeListAttr, {type: 'list', value: list.map(({dtype}) => ({type: 'type', value: dtype}))});
    return;
  }
  if (arg.kind === 'repeated') attrs.set(arg.numberAttr, {type: 'int', value: list.length});
  for (const {dtype} of list) {
    if ('dtype' in arg.type) {
      if (arg.type.dtype !== dtype) {
        throw new SaveError(`${op} takes ${arg.type.dtype} as '${arg.name}' and is given ${dtype}`);
      }
      continue;
    }
    const known = attrs.get(arg.type.typeAttr);
    if (known !== undefined && known.value !== dtype) {
      throw new SaveError(
        `${op} is given ${dtype} as '${arg.name}' where the other inputs are ${known.value}`,
      );
    }
    attrs.set(arg.type.typeAttr, {type: 'type', value: dtype});
  }
}

function isAttr(value: AttrInput | undefined): value is Attr {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function toAttr(value: AttrInput, type: AttrDefType): Attr {
  if (isAttr(value)) return value;
  const element = elementType(type);
  if (element !== undefined) {
    const items = value as readonly AttrInput[];
    return {type: 'list', value: items.map((item) => toAttr(item, element))};
  }
  switch (type) {
    case 'string':
      return {type, value: encodeUtf8(value as string)};
    case 'func':
      return {type, value: {name: (value as {func: string}).func, attrs: new Map()}};
    default:
      return {type, value} as Attr;
  }
}
