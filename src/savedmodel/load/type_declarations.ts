/**
 * TypeScript declarations of a model: what its objects, functions and signatures take and give, as far as its file says. For
 * `tfhub types`.
 *
 * @module
 */

import type {Structure} from '../../graph/nest.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {printable} from '../../printable.js';
import type {ConcreteFunction} from './concrete_function.js';
import {type LoadModelOptions, openModel} from './load.js';
import {signaturesOf} from './load_v1.js';
import {isModelProperty} from './loaded_object.js';
import type {ObjectGraph} from './object_graph.js';
import type {RestoredFunction} from './restored_function.js';
import type {Signature} from './signature.js';
import {readWholeModel} from './whole_model.js';

/**
 * Declarations of a model's types: a module that exports an interface `Model`, for `hub.load<Model>(handle)`. The model's variables are not read.
 *
 * @param handle - what the model is known by, for the comment at the top
 */
export function typeDeclarations(
  directory: ModelDirectory,
  handle: string,
  options: LoadModelOptions = {},
): Promise<string> {
  return readWholeModel(directory, async (files, confirm) => {
    const model = await openModel(files, options);
    const {objects} = model;
    const declarations = new Declarations();
    if (objects === undefined) declarations.addGraph(signaturesOf(model));
    else declarations.addObjects(objects);
    await confirm();
    return [
      `// Types of ${printable(handle)}, written by \`tfhub types\`.`,
      '',
      "import type * as tf from '@tensorflow/tfjs-core';",
      "import type * as hub from 'tensorflow-hub';",
      '',
      declarations.text(),
    ].join('\n');
  });
}

/** Lists of more elements are not told apart. */
const MOST_ELEMENTS = 64;

/** Interfaces that refer to each other. */
class Declarations {
  readonly #interfaces: string[][] = [];
  /** Names of interfaces by the numbers of their objects. */
  readonly #names = new Map<number, string>();
  readonly #taken = new Set<string>();

  /** A model of TensorFlow 1: it has signatures alone. */
  addGraph(signatures: Readonly<Record<string, Signature>>): void {
    this.#interfaces.push([
      'export interface Model extends hub.ModelObject {',
      ...signatureLines(signatures),
      '}',
    ]);
  }

  addObjects(objects: ObjectGraph): void {
    this.#taken.add('Model');
    this.#names.set(0, 'Model');
    const queue: {id: number; path: string; name: string}[] = [{id: 0, path: '', name: 'Model'}];
    // What an interface refers to comes after it.
    for (const {id, path, name} of queue) {
      const lines: string[] = [];
      const call = objects.children(id).get('__call__');
      if (call !== undefined && objects.traces(call).length > 0)
        lines.push(...callLines(functionAt(objects, call)));
      for (const [member, child] of publicChildren(objects, id)) {
        const own = path === '' ? member : `${path}.${member}`;
        const type = this.#typeOf(objects, child, own, (object, at) => {
          const given = this.#nameOf(at);
          this.#names.set(object, given);
          queue.push({id: object, path: at, name: given});
          return given;
        });
        lines.push(`  readonly ${propertyName(member)}: ${type};`);
      }
      if (id === 0) lines.push(...signatureLines(objects.signatures(0)));
      this.#interfaces.push([`export interface ${name} extends hub.ModelObject {`, ...lines, '}']);
    }
  }

  text(): string {
    return `${this.#interfaces.map((lines) => lines.join('\n')).join('\n\n')}\n`;
  }

  /** The type of an attribute. `declare` is asked for a name where it is an object that has none yet. */
  #typeOf(
    objects: ObjectGraph,
    id: number,
    path: string,
    declare: (id: number, path: string) => string,
  ): string {
    if (objects.traces(id).length > 0) {
      return [
        'hub.ModelFunction & {',
        ...callLines(functionAt(objects, id)).map((line) => `  ${line}`),
        '  }',
      ].join('\n');
    }
    if (objects.isVariable(id)) return 'tf.Variable';
    const {kind} = objects.node(id);
    if (kind?.$case === 'constant') return 'tf.Tensor';
    if (kind?.$case === 'asset') return 'hub.Asset';
    if (objects.isList(id)) return this.#listType(objects, id, path, declare);
    if (objects.isDict(id)) {
      const fields = [...objects.children(id)]
        .filter(([name]) => name !== '__proto__')
        .map(
          ([name, child]) =>
            `readonly ${propertyName(name)}: ${this.#innerType(objects, child, `${path}.${name}`, declare)}`,
        );
      return fields.length === 0 ? '{}' : `{${fields.join('; ')}}`;
    }
    return this.#names.get(id) ?? declare(id, path);
  }

  #listType(
    objects: ObjectGraph,
    id: number,
    path: string,
    declare: (id: number, path: string) => string,
  ): string {
    const elements = [...objects.children(id)]
      .filter(([name]) => /^\d+$/.test(name))
      .sort(([a], [b]) => Number(a) - Number(b));
    if (elements.length > MOST_ELEMENTS) {
      const isOfVariables = elements.every(([, child]) => objects.isVariable(child));
      return isOfVariables ? 'readonly tf.Variable[]' : 'readonly hub.Member[]';
    }
    const types = elements.map(([name, child]) =>
      this.#innerType(objects, child, `${path}.${name}`, declare),
    );
    const [first] = types;
    if (first === undefined) return 'readonly never[]';
    return types.every((type) => type === first) && types.length > 1
      ? `readonly ${/^[\w.]+$/.test(first) ? first : `(${first})`}[]`
      : `readonly [${types.join(', ')}]`;
  }

  /** {@link #typeOf} within a list or a dict, of which there may be any number inside each other. */
  #innerType(
    objects: ObjectGraph,
    id: number,
    path: string,
    declare: (id: number, path: string) => string,
  ): string {
    return objects.isList(id) || objects.isDict(id) ? 'hub.Member' : this.#typeOf(objects, id, path, declare);
  }

  /** `EncoderEmbed` for `encoder.embed`, with a number where that is taken. */
  #nameOf(path: string): string {
    const base =
      path
        .split(/[^\p{L}\p{N}]+/u)
        .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
        .join('') || 'Part';
    const name = /^\p{L}/u.test(base) ? base : `Part${base}`;
    let free = name;
    for (let i = 2; this.#taken.has(free); i++) free = `${name}${i}`;
    this.#taken.add(free);
    return free;
  }
}

const functionAt = (objects: ObjectGraph, id: number): RestoredFunction =>
  objects.object(id) as RestoredFunction;

/** Attributes that people use: not those of Keras's own, nor what has the names of properties that all objects have. */
function publicChildren(objects: ObjectGraph, id: number): [name: string, child: number][] {
  return [...objects.children(id)].filter(
    ([name]) =>
      !name.startsWith('_') && name !== 'keras_api' && name !== 'signatures' && !isModelProperty(name),
  );
}

/** A way to call a function: traces that take and give the same but for arguments that need not be given. */
interface CallForm {
  readonly required: readonly (readonly [name: string, type: string])[];
  /** What may be given by name, each with its types. */
  readonly optional: Map<string, Set<string>>;
  /** Of these, what has to be. */
  readonly named: readonly string[];
  /** And how many may be given by position. */
  readonly positional: number;
  readonly result: string;
  readonly comments: string[];
}

/** The call signatures of a function, and those of its asynchronous form. */
function callLines(given: RestoredFunction): string[] {
  const forms = new Map<string, CallForm>();
  for (const trace of given.concreteFunctions) {
    const form = formOf(given, trace);
    const key = JSON.stringify([form.required, form.named, form.positional, form.result]);
    const before = forms.get(key);
    if (before === undefined) {
      forms.set(key, form);
      continue;
    }
    before.comments.push(...form.comments.filter((comment) => !before.comments.includes(comment)));
    for (const [name, types] of form.optional) {
      const known = before.optional.get(name);
      if (known === undefined) before.optional.set(name, types);
      else for (const type of types) known.add(type);
    }
  }
  return [...forms.values()].flatMap((form) => {
    const lists = parameterLists(form);
    return [
      ...form.comments.map((comment) => `  /** ${comment} */`),
      ...lists.map((list) => `  (${list}): ${form.result};`),
      ...lists.map((list) => `  async(${list}): Promise<${form.result}>;`),
    ];
  });
}

function formOf({argumentSpec}: RestoredFunction, trace: ConcreteFunction): CallForm {
  const {args, kwargs} = trace.signature;
  const names = args.map((arg, i) => argumentSpec?.args[i] ?? nameOf(arg) ?? `argument${i + 1}`);
  const needed =
    argumentSpec === undefined ? args.length : argumentSpec.args.length - argumentSpec.defaults.length;
  // What `*args` takes comes after arguments that have defaults, which then have to be given as well.
  const hasMore = argumentSpec !== undefined && args.length > argumentSpec.args.length;
  const count = hasMore ? args.length : Math.min(needed, args.length);
  const optional = new Map<string, Set<string>>();
  for (let i = count; i < args.length; i++) optional.set(names[i]!, new Set([inputType(args[i]!)]));
  for (const [name, arg] of kwargs) optional.set(name, new Set([inputType(arg)]));
  const defaults = argumentSpec?.kwonlydefaults ?? {};
  const isOwn = (name: string) => argumentSpec === undefined || argumentSpec.kwonlyargs.includes(name);
  const named = [...kwargs.keys()].filter((name) => isOwn(name) && !Object.hasOwn(defaults, name));
  const described = [
    ...args.slice(0, count).map((arg, i) => `${names[i]}: ${describe(arg)}`),
    ...named.map((name) => `${name}: ${describe(kwargs.get(name)!)}`),
  ];
  return {
    required: args.slice(0, count).map((arg, i) => [names[i]!, inputType(arg)]),
    optional,
    named,
    positional: args.length - count,
    result: outputType(trace.outputs),
    comments: [comment(`${described.join(', ')} → ${describe(trace.outputs)}`)],
  };
}

/** Optional arguments by name, and by position where that is possible. */
function parameterLists({required, optional, named, positional}: CallForm): string[] {
  const names = new Set<string>();
  const parameter = (name: string, type: string, mark = ''): string => {
    let own = identifier(name);
    while (names.has(own)) own += '_';
    names.add(own);
    return `${own}${mark}: ${type}`;
  };
  const first = required.map(([name, type]) => parameter(name, type));
  if (optional.size === 0) return [first.join(', ')];
  const types = [...optional].map(([name, own]) => [name, union(own)] as const);
  const fields = types.map(
    ([name, type]) => `readonly ${propertyName(name)}${named.includes(name) ? '' : '?'}: ${type}`,
  );
  const mark = named.length > 0 ? '' : '?';
  const byName = [...first, parameter('options', `{${fields.join('; ')}}`, mark)].join(', ');
  if (positional === 0 || named.length > 0) return [byName];
  names.delete('options');
  const byPlace = types.slice(0, positional).map(([name, type]) => parameter(name, type, '?'));
  return [byName, [...first, ...byPlace].join(', ')];
}

/** Types that stand for several: `boolean` for both literals. */
function union(types: ReadonlySet<string>): string {
  const all = [...types];
  if (types.has('true') && types.has('false')) {
    return ['boolean', ...all.filter((type) => type !== 'true' && type !== 'false')].join(' | ');
  }
  return all.join(' | ');
}

const nameOf = (structure: Structure): string | undefined =>
  structure.kind === 'tensor' && structure.name !== '' ? structure.name : undefined;

const COMPOSITES = {
  ragged: 'hub.RaggedTensor',
  sparse: 'hub.SparseTensor',
  indexedSlices: 'hub.IndexedSlices',
  other: 'hub.Member',
} as const;

/** What may be given for an argument. */
function inputType(structure: Structure): string {
  switch (structure.kind) {
    case 'tensor':
    case 'constant':
      return 'hub.TensorInput';
    case 'composite':
      return structure.variable === undefined ? COMPOSITES[structure.type] : 'tf.Variable';
    case 'dtype':
    case 'shape':
      return 'hub.Member';
    default:
      return nestType(structure, inputType);
  }
}

/** What a result is. */
function outputType(structure: Structure): string {
  switch (structure.kind) {
    case 'tensor': {
      const {dtype, shape} = structure;
      return dtype === 'resource' || dtype === 'variant' ? 'hub.ExactTensor' : tensorType(shape);
    }
    case 'composite':
      return COMPOSITES[structure.type];
    case 'dtype':
    case 'shape':
    case 'constant':
      return 'hub.Member';
    default:
      return nestType(structure, outputType);
  }
}

/** tfjs has types of its own up to this rank. */
const MOST_DIMENSIONS = 6;

function tensorType(shape: PartialShape): string {
  if (shape === null || shape.length > MOST_DIMENSIONS) return 'tf.Tensor';
  return shape.length === 0 ? 'tf.Scalar' : `tf.Tensor${shape.length}D`;
}

function nestType(
  structure: Exclude<Structure, {readonly kind: 'tensor' | 'composite' | 'dtype' | 'shape' | 'constant'}>,
  typeOf: (structure: Structure) => string,
): string {
  switch (structure.kind) {
    case 'list':
    case 'tuple':
      return `readonly [${structure.items.map(typeOf).join(', ')}]`;
    case 'dict':
    case 'namedTuple': {
      const fields = [...structure.fields].map(
        ([key, field]) => `readonly ${propertyName(key)}: ${typeOf(field)}`,
      );
      return `{${fields.join('; ')}}`;
    }
    case 'none':
      return 'null';
    case 'literal':
      return typeof structure.value === 'bigint' ? `${structure.value}n` : literalType(structure.value);
  }
}

/** Of numbers the type: TypeScript has no literals for some, and equal ones have several forms. */
function literalType(value: unknown): string {
  if (typeof value === 'number') return 'number';
  return typeof value === 'string' || typeof value === 'boolean' ? text(value) : 'hub.Member';
}

/** A structure in a comment. */
function describe(structure: Structure): string {
  switch (structure.kind) {
    case 'tensor':
      return `${structure.dtype} ${formatShape(structure.shape)}`;
    case 'list':
    case 'tuple':
      return `[${structure.items.map(describe).join(', ')}]`;
    case 'dict':
    case 'namedTuple':
      return `{${[...structure.fields].map(([key, field]) => `${key}: ${describe(field)}`).join(', ')}}`;
    case 'composite':
      return structure.dtype === undefined
        ? structure.className
        : `${structure.className} of ${structure.dtype} ${formatShape(structure.shape ?? null)}`;
    case 'literal':
      return String(structure.value);
    case 'none':
      return 'null';
    default:
      return structure.kind;
  }
}

function signatureLines(signatures: Readonly<Record<string, Signature>>): string[] {
  const lines = Object.entries(signatures).flatMap(([name, {inputs, outputs, defaults}]) => {
    const fields = Object.keys(inputs).map(
      (input) => `readonly ${propertyName(input)}${defaults.has(input) ? '?' : ''}: hub.TensorInput`,
    );
    const taken = fields.length === 0 ? 'Readonly<Record<string, never>>' : `{${fields.join('; ')}}`;
    const bare = fields.length === 1 ? ' | hub.TensorInput' : '';
    const given =
      Object.keys(outputs)
        .map((output) => text(output))
        .join(' | ') || 'never';
    const facts = (tensors: Signature['inputs']): string =>
      Object.values(tensors)
        .map((tensor) => `${tensor.name}: ${tensor.dtype} ${formatShape(tensor.shape)}`)
        .join(', ');
    return [
      `    /** ${comment(`${facts(inputs)} → ${facts(outputs)}`)} */`,
      `    readonly ${propertyName(name)}: hub.Signature<${taken}${bare}, ${given}>;`,
    ];
  });
  return lines.length === 0 ? ['  readonly signatures: {};'] : ['  readonly signatures: {', ...lines, '  };'];
}

/** Text of others in a comment, which it cannot end. */
const comment = (of: string): string => printable(of).replaceAll('*/', '* /').trim();

/** A string literal, with what would steer a terminal escaped. */
const text = (value: string | boolean): string =>
  JSON.stringify(value).replaceAll(
    /[^\x20-\x7e]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name));

/** Words that no parameter can be called. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if ' +
    'implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof ' +
    'var void while with yield'
  ).split(' '),
);

function identifier(name: string): string {
  const plain = name.replaceAll(/[^\w$]/g, '_');
  return /^[A-Za-z_$]/.test(plain) && !RESERVED.has(plain) ? plain : `_${plain}`;
}
