/**
 * What a model consists of while it is being saved: objects and functions that refer to each other, before they have
 * numbers and names.
 *
 * @module
 */

import type {Attr} from '../../graph/attrs.js';
import type {FunctionGraph} from '../../graph/graph.js';
import type {DType} from '../../host/dtypes.js';
import type {Variable} from '../../ops/variable/variable.js';
import type {
  FunctionSpec,
  SavedObject,
  SavedUserObject,
  SavedVariable,
  StructuredValue,
} from '../../proto/index.js';
import type {TracedFunction} from '../../trace/traced_function.js';
import type {ObjectGraph} from '../load/object_graph.js';
import {escapeName, objectKey} from './object_key.js';

/** A child or dependency: its name, and the object. */
export type Reference = readonly [name: string, node: SaveNode];

/** What an object is, by the kinds that the object graph tells apart. */
export type NodeKind =
  | {readonly case: 'user'; readonly proto: SavedUserObject}
  | {readonly case: 'variable'; readonly variable: Variable; readonly proto: SavedVariable}
  | {
      readonly case: 'function';
      readonly traces: readonly SaveFunction[];
      readonly spec: FunctionSpec | undefined;
      /** True where it was declared with what it takes. */
      readonly declared: boolean;
    }
  | {
      readonly case: 'concrete';
      readonly function: SaveFunction;
      /** Names of the flat tensors that it takes. */
      readonly keywords: readonly string[];
      readonly positional: number;
      readonly spec: FunctionSpec | undefined;
    }
  | {
      readonly case: 'constant';
      readonly dtype: DType;
      /** The attribute `value` of a `Const`. */
      readonly value: Attr;
    }
  | {
      readonly case: 'asset';
      readonly asset: AssetFile;
      /** Its number among the assets of the loaded model that it comes from. */
      readonly index: number;
    }
  | {readonly case: 'resource'; readonly device: string}
  /** A tensor that exists while a function runs, which the gradient of an op in it is given. */
  | {
      readonly case: 'captured';
      readonly tensor: string;
      readonly objects: ObjectGraph;
      readonly function: string;
    }
  /** A kind of a later TensorFlow. */
  | {readonly case: 'unknown'};

/** A file under `assets/`. */
export interface AssetFile {
  readonly filename: string;
  readonly content: Uint8Array;
}

/** Functions by which an object gives and takes what the checkpoint keeps of it. */
export interface Saveable {
  readonly save: SaveNode;
  readonly restore: SaveNode;
}

/** One object. */
export class SaveNode {
  /** Its number in the object graph; -1 before it has one. */
  id = -1;
  /** One way to it from the root, by names. */
  path: readonly string[] = [];
  /** True for what the root reaches by names: only that has a place in the checkpoint. */
  reachable = false;
  children: Reference[] = [];
  /** What has to be loaded before it. */
  dependencies: Reference[] = [];
  /** An optimizer's variables beside others. */
  slots: {readonly name: string; readonly original: SaveNode; readonly slot: SaveNode}[] = [];
  /** Functions to save and restore it with, by the name of what they save. */
  readonly saveables = new Map<string, Saveable>();
  /** What is written as it was read. */
  verbatim: Partial<SavedObject> = {};
  /** Of the slot of an optimizer: what it is the slot of. */
  slotOf: {readonly optimizer: SaveNode; readonly original: SaveNode; readonly name: string} | undefined;

  #find: ((node: SaveNode) => void) | undefined;

  /** @param find - finds what the object refers to */
  constructor(
    readonly kind: NodeKind,
    find?: (node: SaveNode) => void,
  ) {
    this.#find = find;
  }

  /** Finds what it refers to, if that has not been done. */
  expand(): void {
    const find = this.#find;
    this.#find = undefined;
    find?.(this);
  }

  /** The child of this name. */
  child(name: string): SaveNode | undefined {
    return this.children.find(([each]) => each === name)?.[1];
  }

  /** Its name in the checkpoint; undefined for what has no place in it. */
  get key(): string | undefined {
    if (this.slotOf === undefined) return this.reachable ? objectKey(this.path) : undefined;
    const {original, optimizer, name} = this.slotOf;
    return `${objectKey(original.path)}/.OPTIMIZER_SLOT/${objectKey(optimizer.path)}/${escapeName(name)}`;
  }

  /** What to call it in messages. */
  get label(): string {
    return ['root', ...this.path].join('.');
  }
}

/** Where a function comes from. */
export type FunctionSource =
  | {readonly kind: 'loaded'; readonly objects: ObjectGraph; readonly name: string}
  | {readonly kind: 'traced'; readonly traced: TracedFunction}
  /** One made for saving, such as a signature. Its graph calls `callees` by the names they have here. */
  | {readonly kind: 'built'; readonly base: string; readonly callees: ReadonlyMap<string, SaveFunction>};

/** A function. */
export interface SaveFunction {
  readonly source: FunctionSource;
  /** Its name in the library; empty before it has one. */
  name: string;
  /** The attribute that it is the value of. */
  attribute?: string;
  /** Takes what it takes itself, flat, and then one parameter for each bound input. */
  readonly graph: FunctionGraph;
  /** What it is bound to. */
  bound: readonly SaveNode[];
  readonly signature: {readonly inputs: StructuredValue; readonly outputs: StructuredValue};
}

/** A function node's first trace. */
export function functionOf(node: SaveNode | undefined): SaveFunction | undefined {
  if (node?.kind.case === 'concrete') return node.kind.function;
  return node?.kind.case === 'function' ? node.kind.traces[0] : undefined;
}
