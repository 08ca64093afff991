/**
 * Objects and functions of loaded models in what is saved: taken over as they were read, with all they refer to.
 *
 * @module
 */

import {SaveError} from '../../errors.js';
import {flattenTensors, structureOf} from '../../graph/nest.js';
import type {SavedObject} from '../../proto/index.js';
import type {ObjectGraph} from '../load/object_graph.js';
import {type NodeKind, type Reference, type SaveFunction, SaveNode} from './save_node.js';

/** What is taken of loaded models, found as it is asked for. */
export class LoadedObjects {
  readonly #nodes = new Map<ObjectGraph, Map<number, SaveNode>>();
  readonly #byName = new Map<ObjectGraph, Map<string, SaveFunction>>();
  readonly #functions: SaveFunction[];
  readonly #addedTo: (made: unknown) => readonly Reference[];

  /**
   * @param functions - gets every function that is found
   * @param addedTo - finds the attributes that the user has given to an object of a model
   */
  constructor(functions: SaveFunction[], addedTo: (made: unknown) => readonly Reference[]) {
    this.#functions = functions;
    this.#addedTo = addedTo;
  }

  /** Models that objects are taken from, in the order in which they were met. */
  get models(): Iterable<ObjectGraph> {
    return this.#nodes.keys();
  }

  /** The node of an object, made when it is first asked for. */
  node(objects: ObjectGraph, id: number): SaveNode {
    let nodes = this.#nodes.get(objects);
    if (nodes === undefined) this.#nodes.set(objects, (nodes = new Map()));
    let node = nodes.get(id);
    if (node === undefined) {
      node = new SaveNode(this.#kindOf(objects, id), (made) => this.#expand(made, objects, id));
      nodes.set(id, node);
    }
    return node;
  }

  /** The node that was made for an object, undefined for one that is not saved. */
  find(objects: ObjectGraph, id: number): SaveNode | undefined {
    return this.#nodes.get(objects)?.get(id);
  }

  /** A function of a model's library that its object graph knows. */
  function(objects: ObjectGraph, name: string): SaveFunction {
    let functions = this.#byName.get(objects);
    if (functions === undefined) this.#byName.set(objects, (functions = new Map()));
    let found = functions.get(name);
    if (found === undefined) {
      const {parts} = objects;
      const saved = parts.objects.concreteFunctions.get(name);
      const graph = parts.runtime.library.get(name);
      if (saved === undefined || graph === undefined) {
        throw new SaveError(
          `the loaded model has no function '${name}', although an object of it refers to it`,
        );
      }
      found = {
        source: {kind: 'loaded', objects, name},
        name: '',
        graph,
        bound: [],
        signature: {
          inputs: saved.canonicalizedInputSignature ?? {kind: undefined},
          outputs: saved.outputSignature ?? {kind: undefined},
        },
      };
      functions.set(name, found);
      this.#functions.push(found);
      found.bound = saved.boundInputs.map((each) => this.node(objects, each));
    }
    return found;
  }

  /** The node of a function by itself: the object that it is, or one that stands for it. */
  concreteNode(objects: ObjectGraph, name: string): SaveNode {
    const id = objects.concreteFunctionNode(name);
    if (id !== undefined) return this.node(objects, id);
    const fn = this.function(objects, name);
    const keywords = flattenTensors(structureOf(fn.signature.inputs)).map((each) => each.name);
    return new SaveNode({
      case: 'concrete',
      function: fn,
      keywords,
      positional: keywords.length,
      spec: undefined,
    });
  }

  /** What an object was saved as. */
  #kindOf(objects: ObjectGraph, id: number): NodeKind {
    const {kind} = objects.node(id);
    switch (kind?.$case) {
      case 'userObject':
        return {case: 'user', proto: kind.value};
      case 'variable':
        return {case: 'variable', variable: objects.variable(id)!, proto: kind.value};
      case 'function': {
        const traces = kind.value.concreteFunctions.map((name) => this.function(objects, name));
        return {case: 'function', traces, spec: kind.value.functionSpec, declared: false};
      }
      case 'bareConcreteFunction': {
        const {concreteFunctionName, argumentKeywords, allowedPositionalArguments, functionSpec} = kind.value;
        return {
          case: 'concrete',
          function: this.function(objects, concreteFunctionName),
          keywords: argumentKeywords,
          // A damaged model may say 2^63 - 1, which a number rounds up to what the file cannot hold.
          positional: Math.min(Number(allowedPositionalArguments), Number.MAX_SAFE_INTEGER),
          spec: functionSpec,
        };
      }
      case 'constant':
        return {case: 'constant', ...objects.encodedConstant(kind.value.operation)};
      case 'asset': {
        const index = kind.value.assetFileDefIndex;
        return {case: 'asset', asset: objects.parts.assets.file(index), index};
      }
      case 'resource':
        return {case: 'resource', device: kind.value.device};
      case 'capturedTensor': {
        const {name, concreteFunction} = kind.value;
        return {case: 'captured', tensor: name, objects, function: concreteFunction};
      }
      default:
        return {case: 'unknown'};
    }
  }

  #expand(node: SaveNode, objects: ObjectGraph, id: number): void {
    const saved = objects.node(id);
    const references = (list: SavedObject['children']) =>
      list.map(({localName, nodeId}) => [localName, this.node(objects, nodeId)] as const);
    node.children = [...references(saved.children), ...this.#addedTo(objects.made(id))];
    node.dependencies = references(saved.dependencies);
    node.slots = saved.slotVariables.map(({slotName, originalVariableNodeId, slotVariableNodeId}) => {
      const original = this.node(objects, originalVariableNodeId);
      const slot = this.node(objects, slotVariableNodeId);
      slot.slotOf = {optimizer: node, original, name: slotName};
      return {name: slotName, original, slot};
    });
    for (const [name, {saveFunction, restoreFunction}] of saved.saveableObjects) {
      const [save, restore] = [saveFunction, restoreFunction].map((each) => this.node(objects, each));
      node.saveables.set(name, {save: save!, restore: restore!});
    }
    const {registeredName, serializedUserProto, registeredSaver, _unknownFields} = saved;
    node.verbatim = {registeredName, serializedUserProto, registeredSaver, _unknownFields};
  }
}
