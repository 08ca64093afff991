/**
 * Writes `src/savedmodel/raw/generated/raw_ops.ts`, the types of `rawOps`, from the op definitions: `npm run generate:raw-ops`.
 * With `--check` it writes nothing and fails where the committed file is another.
 *
 * @module
 */

import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {type ArgDef, type AttrDef, type OpDef, opDef, opNames} from '../src/graph/op_defs.js';
import {argumentName} from '../src/savedmodel/raw/binding.js';
import {refusal} from '../src/savedmodel/raw/raw_ops.js';

const TARGET = fileURLToPath(new URL('../src/savedmodel/raw/generated/raw_ops.ts', import.meta.url));

/** TypeScript's type of an attribute that is not one of a few. */
const ATTR_TYPES: Readonly<Record<string, string>> = {
  int: 'Int',
  float: 'number',
  bool: 'boolean',
  string: 'Bytes',
  type: 'DType',
  shape: 'PartialShape',
  tensor: 'TensorInput',
};

/** Unions that several ops share, by text. */
class Unions {
  readonly #uses = new Map<string, number>();
  readonly #names = new Map<string, string>();

  constructor(defs: readonly OpDef[]) {
    for (const {allowed} of defs.flatMap(({attrs}) => attrs)) {
      if (allowed) this.#uses.set(union(allowed), (this.#uses.get(union(allowed)) ?? 0) + 1);
    }
    for (const [text, uses] of this.#uses) {
      if (uses > 1 && text.length > 16) this.#names.set(text, `OneOf${this.#names.size + 1}`);
    }
  }

  typeOf(allowed: readonly string[]): string {
    return this.#names.get(union(allowed)) ?? union(allowed);
  }

  declarations(): string[] {
    return [...this.#names].map(([text, name]) => `type ${name} = ${text};`);
  }
}

function union(allowed: readonly string[]): string {
  return [...allowed]
    .sort()
    .map((each) => `'${each}'`)
    .join(' | ');
}

/** The content of the file. */
export function rawOpsTypes(): string {
  const defs = [...opNames()].sort().flatMap((name) => {
    const def = opDef(name)!;
    return refusal(def) === undefined ? [def] : [];
  });
  const unions = new Unions(defs);
  return [
    '// Written by scripts/generate_raw_ops.ts. DO NOT EDIT.',
    '',
    "import type * as tf from '@tensorflow/tfjs-core';",
    "import type {DType} from '../../../host/dtypes.js';",
    "import type {PartialShape} from '../../../host/shape.js';",
    "import type {TensorInput} from '../../boundary.js';",
    "import type {RawTensor, ResourceInput} from '../tensor.js';",
    '',
    'type Int = number | bigint;',
    'type Bytes = string | Uint8Array;',
    'type Handle = ResourceInput;',
    'type None = Record<string, never>;',
    'type T = tf.Tensor;',
    'type In = TensorInput;',
    ...unions.declarations(),
    '',
    '/** The ops that can be called one by one, with the names of their definitions in TensorFlow. */',
    'export interface RawOps {',
    ...defs.flatMap((def) => method(def, unions)),
    '}',
    '',
  ].join('\n');
}

function method(def: OpDef, unions: Unions): string[] {
  const inferred = new Set(def.inputs.flatMap(countersOf));
  const attrs = def.attrs.filter(({name}) => !inferred.has(name));
  const typed = new Set(def.inputs.flatMap(typeAttrsOf));
  const isOptional = (attr: AttrDef) => attr.default !== undefined || typed.has(attr.name);
  const fields = attrs.map(
    (attr) => `${argumentName(def.name, attr.name)}${isOptional(attr) ? '?' : ''}: ${attrType(attr, unions)}`,
  );
  const inputs = def.inputs.map((arg) => `${argumentName(def.name, arg.name)}: ${inputType(arg)}`);
  const parameters = [
    inputs.length > 0
      ? `inputs: {${inputs.join('; ')}}`
      : `inputs${attrs.every(isOptional) ? '?' : ''}: None`,
    ...(fields.length > 0 ? [`attrs${attrs.every(isOptional) ? '?' : ''}: {${fields.join('; ')}}`] : []),
  ];
  const name = /^\w+$/.test(def.name) ? def.name : `'${def.name}'`;
  return [`  /** ${signature(def)} */`, `  ${name}(${parameters.join(', ')}): ${resultType(def)};`];
}

/** The op as its definition in TensorFlow reads. */
function signature({name, inputs, outputs}: OpDef): string {
  const results = outputs.length === 0 ? 'nothing' : outputs.map(argText).join(', ');
  return `\`(${inputs.map((arg) => argText({...arg, name: argumentName(name, arg.name)})).join(', ')}) -> ${results}\``;
}

function argText(arg: ArgDef): string {
  if (arg.kind === 'list') return `${arg.name}: ${arg.typeListAttr}`;
  const type = 'dtype' in arg.type ? arg.type.dtype : arg.type.typeAttr;
  return `${arg.name}: ${arg.kind === 'repeated' ? `${arg.numberAttr} * ` : ''}${type}`;
}

/** Attributes that are counted, and not asked for. */
function countersOf(arg: ArgDef): string[] {
  return arg.kind === 'repeated' ? [arg.numberAttr] : [];
}

function typeAttrsOf(arg: ArgDef): string[] {
  if (arg.kind === 'list') return [arg.typeListAttr];
  return 'typeAttr' in arg.type ? [arg.type.typeAttr] : [];
}

function attrType({type, allowed}: AttrDef, unions: Unions): string {
  const element = /^list\((\w+)\)$/.exec(type)?.[1];
  const one = allowed ? unions.typeOf(allowed) : ATTR_TYPES[element ?? type]!;
  if (element === undefined) return one;
  return / /.test(one) ? `readonly (${one})[]` : `readonly ${one}[]`;
}

function inputType(arg: ArgDef): string {
  if (arg.kind === 'list') return 'readonly In[]';
  const fixed = 'dtype' in arg.type ? arg.type.dtype : undefined;
  const one = fixed === 'resource' ? 'Handle' : fixed === 'variant' ? 'RawTensor' : 'In';
  if (arg.kind === 'single') return one;
  return `readonly ${one}[]`;
}

function resultType({outputs}: OpDef): string {
  const typeOf = (arg: ArgDef) => {
    const fixed = arg.kind !== 'list' && 'dtype' in arg.type ? arg.type.dtype : undefined;
    const one = fixed === 'resource' || fixed === 'variant' ? 'RawTensor' : 'T';
    return arg.kind === 'single' ? one : `${one}[]`;
  };
  if (outputs.length === 0) return 'void';
  if (outputs.length === 1) return typeOf(outputs[0]!);
  return `{${outputs.map((arg) => `${arg.name}: ${typeOf(arg)}`).join('; ')}}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = rawOpsTypes();
  if (process.argv.includes('--check')) {
    if (readFileSync(TARGET, 'utf8') !== text) {
      console.error('src/savedmodel/raw/generated/raw_ops.ts is not what the op definitions say');
      process.exitCode = 1;
    }
  } else {
    writeFileSync(TARGET, text);
  }
}
