/**
 * Functions of loaded models as they were read: what they refer to, and the same functions under other names.
 *
 * @module
 */

import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {opDef} from '../../graph/op_defs.js';
import {
  AttrValue,
  decodeMessage,
  encodeMessage,
  type FunctionDef,
  type NameAttrList,
} from '../../proto/index.js';

/** Attribute by which an op says which gradient it has. */
const GRADIENT_TYPE = '_gradient_op_type';

/** Attributes of a function that name others: those that compute its gradient. */
const FUNCTION_NAMES = ['forward_function_name', 'backward_function_name'] as const;

/** Functions of one interface: TensorFlow swaps one for another that suits the device. */
const INTERFACE = 'api_implements';

/** What a function refers to. */
export interface FunctionReferences {
  readonly functions: ReadonlySet<string>;
  readonly gradientTypes: ReadonlySet<string>;
  readonly interface: string | undefined;
}

/** What functions and gradients are to be called, by what they are called. */
export interface NewNames {
  readonly names: ReadonlyMap<string, string>;
  readonly gradientTypes: ReadonlyMap<string, string>;
  /** Put behind the shared names of resources, so that two models do not share them. */
  readonly suffix: string;
}

/**
 * Finds what a function refers to.
 *
 * @param isFunction - whether the library has a function of a name
 */
export function readReferences(def: FunctionDef, isFunction: (name: string) => boolean): FunctionReferences {
  const functions = new Set<string>();
  const gradientTypes = new Set<string>();
  for (const {op, attr} of def.nodeDef) {
    if (isFunction(op) && opDef(op) === undefined) functions.add(op);
    for (const [key, bytes] of attr) {
      if (key === GRADIENT_TYPE) gradientTypes.add(text(decodeAttr(bytes)));
      else if (mayNameFunctions(bytes))
        for (const each of functionsOf(decodeAttr(bytes))) functions.add(each.name);
    }
  }
  for (const key of FUNCTION_NAMES) {
    const value = def.attr.get(key);
    if (value !== undefined && isFunction(text(value))) functions.add(text(value));
  }
  const implemented = def.attr.get(INTERFACE);
  return {functions, gradientTypes, interface: implemented && text(implemented)};
}

function decodeAttr(bytes: Uint8Array): AttrValue {
  return decodeMessage(AttrValue, bytes, 'an attribute');
}

/** Wire tags of `AttrValue.list`, `AttrValue.func` and `AttrValue.ListValue.func`. */
const LIST_TAG = (1 << 3) | 2;
const FUNC_TAG = (10 << 3) | 2;
const LIST_FUNC_TAG = (9 << 3) | 2;

/** Spares decoding the many attributes that are lists of shapes or dtypes. */
function mayNameFunctions(bytes: Uint8Array): boolean {
  return bytes[0] === FUNC_TAG || (bytes[0] === LIST_TAG && bytes.includes(LIST_FUNC_TAG));
}

function functionsOf({value}: AttrValue): NameAttrList[] {
  if (value?.$case === 'func') return [value.value];
  return value?.$case === 'list' ? value.value.func : [];
}

function text({value}: AttrValue): string {
  return value?.$case === 's' ? decodeUtf8(value.value) : '';
}

/** Gives a function, and what it refers to, the names that they are to have. False where nothing changes. */
export function renameAll(def: FunctionDef, to: NewNames): boolean {
  let changed = false;
  const renamed = (name: string): string => {
    const other = to.names.get(name) ?? name;
    changed ||= other !== name;
    return other;
  };
  def.signature!.name = renamed(def.signature!.name);
  for (const node of def.nodeDef) {
    if (opDef(node.op) === undefined) node.op = renamed(node.op);
    for (const [key, bytes] of node.attr) {
      const attr = renamedAttr(key, bytes, to);
      if (attr === undefined) continue;
      node.attr.set(key, encodeMessage(AttrValue, attr));
      changed = true;
    }
  }
  for (const key of FUNCTION_NAMES) {
    const value = def.attr.get(key)?.value;
    if (value?.$case === 's') value.value = encodeUtf8(renamed(decodeUtf8(value.value)));
  }
  return changed;
}

/** An attribute of a node with the names that are to be; undefined for one that stays as it is. */
function renamedAttr(
  key: string,
  bytes: Uint8Array,
  {names, gradientTypes, suffix}: NewNames,
): AttrValue | undefined {
  if (key === GRADIENT_TYPE || (key === 'shared_name' && suffix !== '')) {
    const before = text(decodeAttr(bytes));
    const after = key === GRADIENT_TYPE ? (gradientTypes.get(before) ?? before) : before && before + suffix;
    return after === before ? undefined : {value: {$case: 's', value: encodeUtf8(after)}};
  }
  if (!mayNameFunctions(bytes)) return undefined;
  const attr = decodeAttr(bytes);
  let changed = false;
  for (const each of functionsOf(attr)) {
    const name = names.get(each.name) ?? each.name;
    changed ||= name !== each.name;
    each.name = name;
  }
  return changed ? attr : undefined;
}
