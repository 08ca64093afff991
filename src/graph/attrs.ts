/**
 * A node's attributes, read by type and completed by the defaults of the op's definition.
 *
 * Source: `tensorflow/core/framework/attr_value.proto`.
 *
 * @module
 */

import {decodeUtf8} from '../algorithms/utf8.js';
import {FormatError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';

/** A function named by an attribute, with the attributes it is instantiated with. */
export interface FunctionRef {
  readonly name: string;
  readonly attrs: ReadonlyMap<string, Attr>;
}

/** One attribute value. */
export type Attr =
  | {readonly type: 'int'; readonly value: number | bigint}
  | {readonly type: 'float'; readonly value: number}
  | {readonly type: 'bool'; readonly value: boolean}
  | {readonly type: 'string'; readonly value: Uint8Array}
  | {readonly type: 'type'; readonly value: DType}
  | {readonly type: 'shape'; readonly value: PartialShape}
  | {readonly type: 'tensor'; readonly value: HostTensor}
  | {readonly type: 'func'; readonly value: FunctionRef}
  | {readonly type: 'placeholder'; readonly value: string}
  | {readonly type: 'list'; readonly value: readonly Attr[]}
  /** The message as a file has it, unread: what is taken over from one model into another. */
  | {readonly type: 'encoded'; readonly value: Uint8Array};

type AttrType = Attr['type'];
type ValueOf<T extends AttrType> = Extract<Attr, {type: T}>['value'];

/** Looks an attribute up by name; undefined where neither the node nor the op's definition has it. */
export type AttrSource = (name: string) => Attr | undefined;

/** The attributes of one node, wherever they are. */
export interface AttrTable {
  /** What to call the node in messages, such as `node 'a/b' (Conv2D)`. */
  readonly owner: string;
  /** The attribute of a name; undefined where neither the node nor the op's definition has it. */
  get(name: string): Attr | undefined;
  /** The type of an attribute that the node sets itself, undefined where it does not. Costs nothing for one that is large. */
  kindSet(name: string): AttrType | undefined;
}

/** More tensors than any argument has, few enough to list. */
const MOST_TENSORS = 2 ** 20;

/** Typed access to the attributes of one node. Every getter throws a FormatError for a missing or ill-typed one. */
export class Attrs {
  readonly #table: AttrTable;

  /** @param owner - what to call the node in messages, if a table does not say */
  constructor(source: AttrSource | AttrTable, owner = '') {
    this.#table =
      typeof source === 'function' ? {owner, get: source, kindSet: (name) => source(name)?.type} : source;
  }

  /** True when the attribute is set or has a default. */
  has(name: string): boolean {
    return this.#table.get(name) !== undefined;
  }

  /** The attribute as it is, undefined where absent. */
  raw(name: string): Attr | undefined {
    return this.#table.get(name);
  }

  /** See {@link AttrTable.kindSet}. */
  kindSet(name: string): AttrType | undefined {
    return this.#table.kindSet(name);
  }

  /** The same attributes with one set anew. */
  with(name: string, attr: Attr): Attrs {
    const table = this.#table;
    return new Attrs({
      owner: table.owner,
      get: (wanted) => (wanted === name ? attr : table.get(wanted)),
      kindSet: (wanted) => (wanted === name ? attr.type : table.kindSet(wanted)),
    });
  }

  int(name: string): number {
    return Number(this.#get(name, 'int'));
  }
  /** An int that counts the tensors of an argument: from 0 to more than any op has. */
  count(name: string): number {
    const count = this.int(name);
    if (count >= 0 && count <= MOST_TENSORS) return count;
    throw new FormatError(`attribute '${name}' of ${this.#table.owner} counts ${count} tensors`);
  }
  bigint(name: string): bigint {
    return BigInt(this.#get(name, 'int'));
  }
  float(name: string): number {
    return this.#get(name, 'float');
  }
  bool(name: string): boolean {
    return this.#get(name, 'bool');
  }
  bytes(name: string): Uint8Array {
    return this.#get(name, 'string');
  }
  string(name: string): string {
    return decodeUtf8(this.#get(name, 'string'));
  }
  dtype(name: string): DType {
    return this.#get(name, 'type');
  }
  shape(name: string): PartialShape {
    return this.#get(name, 'shape');
  }
  tensor(name: string): HostTensor {
    return this.#get(name, 'tensor');
  }
  func(name: string): FunctionRef {
    return this.#get(name, 'func');
  }

  ints(name: string): number[] {
    return this.#list(name, 'int').map(Number);
  }
  floats(name: string): number[] {
    return this.#list(name, 'float');
  }
  bools(name: string): boolean[] {
    return this.#list(name, 'bool');
  }
  strings(name: string): string[] {
    return this.#list(name, 'string').map(decodeUtf8);
  }
  bytesList(name: string): Uint8Array[] {
    return this.#list(name, 'string');
  }
  dtypes(name: string): DType[] {
    return this.#list(name, 'type');
  }
  shapes(name: string): PartialShape[] {
    return this.#list(name, 'shape');
  }
  funcs(name: string): FunctionRef[] {
    return this.#list(name, 'func');
  }

  #get<T extends AttrType>(name: string, type: T): ValueOf<T> {
    const attr = this.#table.get(name);
    if (attr === undefined) throw new FormatError(`${this.#table.owner} has no attribute '${name}'`);
    return this.#typed(attr, name, type);
  }

  #list<T extends AttrType>(name: string, type: T): ValueOf<T>[] {
    return (this.#get(name, 'list') as readonly Attr[]).map((item) => this.#typed(item, name, type));
  }

  #typed<T extends AttrType>(attr: Attr, name: string, type: T): ValueOf<T> {
    if (attr.type !== type) {
      throw new FormatError(`attribute '${name}' of ${this.#table.owner} is a ${attr.type}, not a ${type}`);
    }
    return attr.value as ValueOf<T>;
  }
}
