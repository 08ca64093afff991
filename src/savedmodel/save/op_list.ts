/**
 * The op definitions that a model carries, so that a loader of another version knows what was meant.
 *
 * @module
 */

import {type ArgDef, type AttrDef, type OpDef, opDef} from '../../graph/op_defs.js';
import {attrProto, dataType} from '../../graph/to_proto.js';
import {
  decodeMessage,
  encodeMessage,
  makeMessage,
  OpDefProto,
  OpDefProto_ArgDef,
  OpDefProto_AttrDef,
  OpList,
} from '../../proto/index.js';

/**
 * The definitions of these ops, in the order of their names.
 *
 * @param carried - op lists of the models that functions were taken from: they know ops of other libraries
 */
export function strippedOpList(names: Iterable<string>, carried: readonly Uint8Array[]): Uint8Array {
  const foreign = new Map<string, OpDefProto>();
  for (const bytes of carried) {
    for (const op of decodeMessage(OpList, bytes, 'the list of ops').op) foreign.set(op.name, op);
  }
  const op: OpDefProto[] = [];
  for (const name of [...new Set(names)].sort()) {
    const known = opDef(name);
    const definition = foreign.get(name) ?? (known && opDefProto(known));
    if (definition !== undefined) op.push(definition);
  }
  return encodeMessage(OpList, {op});
}

function opDefProto({name, inputs, outputs, attrs, stateful}: OpDef): OpDefProto {
  return makeMessage(OpDefProto, {
    name,
    inputArg: inputs.map(argProto),
    outputArg: outputs.map(argProto),
    attr: [...attrs].sort((a, b) => (a.name < b.name ? -1 : 1)).map(attrDefProto),
    isStateful: stateful,
  });
}

function argProto(arg: ArgDef): OpDefProto_ArgDef {
  const {name, isRef} = arg;
  if (arg.kind === 'list')
    return makeMessage(OpDefProto_ArgDef, {name, isRef, typeListAttr: arg.typeListAttr});
  const type = 'dtype' in arg.type ? {type: dataType(arg.type.dtype)} : {typeAttr: arg.type.typeAttr};
  const count = arg.kind === 'repeated' ? {numberAttr: arg.numberAttr} : {};
  return makeMessage(OpDefProto_ArgDef, {name, isRef, ...type, ...count});
}

function attrDefProto({name, type, default: value}: AttrDef): OpDefProto_AttrDef {
  return makeMessage(OpDefProto_AttrDef, {
    name,
    type,
    ...(value === undefined ? {} : {defaultValue: attrProto(value)}),
  });
}
