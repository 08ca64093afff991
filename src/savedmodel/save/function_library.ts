/**
 * The function library of a model that is saved: functions of loaded models are copied as they are, those of several
 * models get names that do not clash, and traced ones are added.
 *
 * @module
 */

import {SaveError} from '../../errors.js';
import type {FunctionGraph} from '../../graph/graph.js';
import {uniqueName} from '../../graph/names.js';
import {functionName} from '../../graph/read_graph.js';
import {writeFunction} from '../../graph/write_graph.js';
import {
  decodeMessage,
  encodeMessage,
  FunctionDef,
  FunctionDefLibrary,
  type GradientDef,
  makeMessage,
  type RegisteredGradient,
} from '../../proto/index.js';
import type {Callee, TracedFunction} from '../../trace/traced_function.js';
import {ConcreteFunction} from '../load/concrete_function.js';
import {type ObjectGraph, objectsOf} from '../load/object_graph.js';
import {type FunctionReferences, type NewNames, readReferences, renameAll} from './encoded_function.js';
import {parametersOf} from './function_calls.js';
import type {SaveFunction} from './save_node.js';
import type {SaveableView} from './saveable_view.js';

/** What `func` calls a function without a name. */
const ANONYMOUS = 'fn';

/** What is taken of a loaded model. */
interface LoadedLibrary extends NewNames {
  readonly objects: ObjectGraph;
  readonly encoded: ReadonlyMap<string, Uint8Array>;
  readonly references: Map<string, FunctionReferences>;
  readonly kept: Set<string>;
  readonly names: Map<string, string>;
  readonly gradientTypes: Map<string, string>;
}

/** Builds the library of everything in a graph of objects. */
export class SaveLibrary {
  readonly #view: SaveableView;
  readonly #loaded = new Map<ObjectGraph, LoadedLibrary>();
  readonly #taken = new Set<string>();
  readonly #added: SaveFunction[] = [];
  /** Names of traced functions that only others call. */
  readonly #callees = new Map<FunctionGraph, string>();
  #uid = 0;

  constructor(view: SaveableView) {
    this.#view = view;
    this.#collect();
    this.#name();
  }

  /** A name that no function has: they end in a number, by which TensorFlow tells traces apart. */
  freshName(base: string): string {
    let name: string;
    do name = `${base}_${this.#uid++}`;
    while (this.#taken.has(name));
    this.#taken.add(name);
    return name;
  }

  /** Adds a function that was made for saving, to which no object refers. */
  add(fn: SaveFunction): void {
    this.#added.push(fn);
  }

  /** The name that a function of a loaded model has in what is saved. */
  nameOf(objects: ObjectGraph, name: string): string {
    return this.#loaded.get(objects)?.names.get(name) ?? name;
  }

  /** Other names of functions, that the models they come from have given them. */
  aliases(): Map<string, string> {
    const aliases = new Map<string, string>();
    for (const {objects, names} of this.#loaded.values()) {
      for (const [name, alias] of objects.parts.metaGraph.metaInfoDef?.functionAliases ?? []) {
        const kept = names.get(name);
        if (kept !== undefined) aliases.set(kept, alias);
      }
    }
    return aliases;
  }

  /** The names of the ops that all functions use, into `ops`. */
  encode(ops: Set<string>): FunctionDefLibrary {
    const functions: Uint8Array[] = [];
    const gradient: GradientDef[] = [];
    const registeredGradients: RegisteredGradient[] = [];
    for (const library of this.#loaded.values()) {
      for (const name of library.kept) {
        const def = decodeMessage(FunctionDef, library.encoded.get(name)!, `function '${name}'`);
        for (const {op} of def.nodeDef) ops.add(op);
        functions.push(
          renameAll(def, library) ? encodeMessage(FunctionDef, def) : library.encoded.get(name)!,
        );
      }
      const {gradient: pairs = [], registeredGradients: registered = []} = libraryOf(library.objects) ?? {};
      for (const {functionName: of, gradientFunc} of pairs) {
        if (!library.kept.has(of)) continue;
        gradient.push({
          functionName: library.names.get(of)!,
          gradientFunc: library.names.get(gradientFunc) ?? gradientFunc,
        });
      }
      for (const {registeredOpType, gradientFunc} of registered) {
        const type = library.gradientTypes.get(registeredOpType);
        if (type === undefined || !library.kept.has(gradientFunc)) continue;
        registeredGradients.push({
          registeredOpType: type,
          gradientFunc: library.names.get(gradientFunc)!,
        });
      }
    }
    for (const def of this.#written()) {
      for (const {op} of def.nodeDef) ops.add(op);
      functions.push(encodeMessage(FunctionDef, def));
    }
    return makeMessage(FunctionDefLibrary, {function: functions, gradient, registeredGradients});
  }

  /** Finds all that is called, until nothing new comes up: gradients are bound to objects of their own. */
  #collect(): void {
    let count: number;
    do {
      count = this.#view.nodes.length + this.#view.functions.length;
      for (const {source} of [...this.#view.functions]) {
        if (source.kind === 'loaded') this.#keep(source.objects, source.name);
        else if (source.kind === 'traced') this.#keepForeign(source.traced);
      }
      this.#view.numberRest();
    } while (count < this.#view.nodes.length + this.#view.functions.length);
  }

  #keepForeign({name, callees}: TracedFunction): void {
    for (const callee of callees.values()) {
      if (callee.kind === 'foreign') this.#keep(...foreignFunction(callee, name));
    }
  }

  /** Takes a function of a loaded model over, with all it refers to. */
  #keep(objects: ObjectGraph, root: string): void {
    const library = this.#libraryOf(objects);
    if (library.kept.has(root)) return;
    const queue = new Set([root]);
    for (const name of queue) {
      if (!library.encoded.has(name)) continue;
      library.kept.add(name);
      const references = referencesOf(library, name);
      for (const each of references.functions) queue.add(each);
      if (references.interface !== undefined) {
        for (const each of implementersOf(library, references.interface)) queue.add(each);
      }
      for (const {functionName: of, gradientFunc} of libraryOf(objects)?.gradient ?? []) {
        if (of === name) queue.add(gradientFunc);
      }
      for (const {registeredOpType, gradientFunc} of libraryOf(objects)?.registeredGradients ?? []) {
        if (!references.gradientTypes.has(registeredOpType)) continue;
        library.gradientTypes.set(registeredOpType, registeredOpType);
        queue.add(gradientFunc);
        if (objects.parts.objects.concreteFunctions.has(gradientFunc)) {
          this.#view.loaded.function(objects, gradientFunc);
        }
      }
    }
  }

  #libraryOf(objects: ObjectGraph): LoadedLibrary {
    let library = this.#loaded.get(objects);
    if (library === undefined) {
      library = {
        objects,
        encoded: new Map(
          (libraryOf(objects)?.function ?? []).map((bytes) => [functionName(bytes), bytes] as const),
        ),
        references: new Map(),
        kept: new Set(),
        names: new Map(),
        gradientTypes: new Map(),
        suffix: this.#loaded.size === 0 ? '' : `_${this.#loaded.size}`,
      };
      this.#loaded.set(objects, library);
    }
    return library;
  }

  /** Functions of the first model keep their names, those of others as far as these are free. */
  #name(): void {
    const types = new Set<string>();
    for (const {kept, names, encoded, gradientTypes} of this.#loaded.values()) {
      // In the order of the file.
      const ordered = [...encoded.keys()].filter((name) => kept.has(name));
      kept.clear();
      for (const name of ordered) {
        kept.add(name);
        names.set(name, uniqueFunctionName(name, this.#taken));
      }
      for (const type of gradientTypes.keys()) gradientTypes.set(type, uniqueName(type, types));
    }
    for (const name of this.#taken) this.#uid = Math.max(this.#uid, uidOf(name) + 1);
    for (const each of this.#view.functions) {
      const {source} = each;
      if (source.kind === 'loaded') each.name = this.nameOf(source.objects, source.name);
      else if (source.kind === 'built') each.name = this.freshName(source.base);
      else {
        // A function without a name of its own has that of its attribute.
        const base = source.traced.name === ANONYMOUS ? each.attribute : undefined;
        each.name = this.freshName(`__inference_${plainName(base ?? source.traced.name)}`);
        for (const [name, callee] of source.traced.callees) {
          if (callee.kind === 'foreign' || this.#callees.has(callee.graph)) continue;
          this.#callees.set(callee.graph, this.freshName(plainName(name)));
        }
      }
    }
  }

  /** The functions that were traced, and those made for saving. */
  *#written(): Generator<FunctionDef> {
    const done = new Set<FunctionGraph>();
    for (const fn of [...this.#view.functions, ...this.#added]) {
      const {source, graph, name} = fn;
      if (source.kind === 'loaded') continue;
      const parameters = parametersOf(fn);
      if (source.kind === 'built') {
        yield writeFunction(graph, {
          name,
          parameters,
          rename: (each) => source.callees.get(each)?.name ?? each,
        });
        continue;
      }
      const {traced} = source;
      const rename = (each: string): string => this.#calleeName(traced, each);
      const outputsOf = (each: string) => calleeOutputs(traced.callees.get(each));
      yield writeFunction(graph, {name, parameters, rename, outputsOf});
      for (const callee of traced.callees.values()) {
        if (callee.kind === 'foreign' || done.has(callee.graph)) continue;
        done.add(callee.graph);
        yield writeFunction(callee.graph, {name: this.#callees.get(callee.graph)!, rename, outputsOf});
      }
    }
  }

  #calleeName(traced: TracedFunction, name: string): string {
    const callee = traced.callees.get(name);
    if (callee === undefined) {
      throw new SaveError(`the trace of '${traced.name}' calls '${name}' and does not say what that is`);
    }
    if (callee.kind === 'traced') return this.#callees.get(callee.graph)!;
    return this.nameOf(...foreignFunction(callee, traced.name));
  }
}

function libraryOf({parts}: ObjectGraph): FunctionDefLibrary | undefined {
  return parts.metaGraph.graphDef?.library;
}

/** The loaded model that a called function belongs to, and its name there. */
function foreignFunction(
  {function: callee}: Extract<Callee, {kind: 'foreign'}>,
  caller: string,
): [ObjectGraph, string] {
  const objects = callee instanceof ConcreteFunction ? objectsOf(callee.runtime) : undefined;
  if (objects === undefined) {
    throw new SaveError(
      `'${caller}' calls '${callee.name}', which is no function of a loaded TensorFlow 2 model and cannot be saved with it`,
    );
  }
  return [objects, callee.name];
}

function calleeOutputs(callee: Callee | undefined): readonly string[] | undefined {
  return callee?.kind === 'traced' ? callee.graph.results.map(({name}) => name) : undefined;
}

/** Functions of one interface in a library. */
function implementersOf(library: LoadedLibrary, name: string): string[] {
  return [...library.encoded.keys()].filter((each) => referencesOf(library, each).interface === name);
}

function referencesOf(library: LoadedLibrary, name: string): FunctionReferences {
  let found = library.references.get(name);
  if (found === undefined) {
    const def = decodeMessage(FunctionDef, library.encoded.get(name)!, `function '${name}'`);
    found = readReferences(def, (callee) => library.encoded.has(callee));
    library.references.set(name, found);
  }
  return found;
}

/** `__inference_f_12`, or with the next number that is free: TensorFlow tells by the end of a name which function it is. */
function uniqueFunctionName(name: string, taken: Set<string>): string {
  let unique = name;
  const base = name.replace(/_\d+$/, '');
  for (let uid = uidOf(name) + 1; taken.has(unique); uid++) unique = `${base}_${uid}`;
  taken.add(unique);
  return unique;
}

function uidOf(name: string): number {
  const uid = Number(/_(\d+)$/.exec(name)?.[1] ?? -1);
  return Number.isSafeInteger(uid) ? uid : -1;
}

/** A name that a function may have, without a number at its end. */
function plainName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_<>]/g, '_');
  return plain === '' ? 'fn' : plain;
}
