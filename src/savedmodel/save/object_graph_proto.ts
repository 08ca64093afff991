/**
 * The object graph of a model that is saved, as its message.
 *
 * Source: `tensorflow/core/protobuf/saved_object_graph.proto`.
 *
 * @module
 */

import {makeMessage, SavedConcreteFunction, SavedObject, type SavedObjectGraph} from '../../proto/index.js';
import {originOf} from '../load/object_graph.js';
import type {SaveLibrary} from './function_library.js';
import type {MainGraph} from './main_graph.js';
import type {Reference, SaveNode} from './save_node.js';
import type {SaveableView} from './saveable_view.js';

/** The message: objects by number, and every function that objects and gradients use. */
export function objectGraph(view: SaveableView, library: SaveLibrary, main: MainGraph): SavedObjectGraph {
  const functions = [...view.functions].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    nodes: view.nodes.map((node) => savedObject(node, library, main)),
    concreteFunctions: new Map(
      functions.map(({name, bound, signature}) => [
        name,
        makeMessage(SavedConcreteFunction, {
          boundInputs: bound.map(({id}) => id),
          canonicalizedInputSignature: signature.inputs,
          outputSignature: signature.outputs,
        }),
      ]),
    ),
  };
}

function savedObject(node: SaveNode, library: SaveLibrary, main: MainGraph): SavedObject {
  return makeMessage(SavedObject, {
    ...node.verbatim,
    children: references(node.children),
    dependencies: references(node.dependencies),
    slotVariables: node.slots.map(({name, original, slot}) => ({
      slotName: name,
      originalVariableNodeId: original.id,
      slotVariableNodeId: slot.id,
    })),
    kind: kindOf(node, library, main),
    saveableObjects: new Map(
      [...node.saveables].map(([name, {save, restore}]) => [
        name,
        {saveFunction: save.id, restoreFunction: restore.id},
      ]),
    ),
  });
}

function references(list: readonly Reference[]): SavedObject['children'] {
  return list.map(([localName, {id}]) => ({localName, nodeId: id}));
}

function kindOf(node: SaveNode, library: SaveLibrary, main: MainGraph): SavedObject['kind'] {
  const {kind} = node;
  switch (kind.case) {
    case 'user':
      return {$case: 'userObject', value: kind.proto};
    case 'variable': {
      const {proto, variable} = kind;
      // A variable of the user's without a name is called what the graph calls it.
      const named = proto.name !== '' || originOf(variable) !== undefined;
      return {$case: 'variable', value: named ? proto : {...proto, name: main.nameOf(node)}};
    }
    case 'function':
      return {
        $case: 'function',
        value: {concreteFunctions: kind.traces.map(({name}) => name), functionSpec: kind.spec},
      };
    case 'concrete':
      return {
        $case: 'bareConcreteFunction',
        value: {
          concreteFunctionName: kind.function.name,
          argumentKeywords: [...kind.keywords],
          allowedPositionalArguments: BigInt(kind.positional),
          functionSpec: kind.spec,
        },
      };
    case 'constant':
      return {$case: 'constant', value: {operation: main.nameOf(node)}};
    case 'asset':
      return {$case: 'asset', value: {assetFileDefIndex: main.assetIndex(node)}};
    case 'resource':
      return {$case: 'resource', value: {device: kind.device}};
    case 'captured':
      return {
        $case: 'capturedTensor',
        value: {name: kind.tensor, concreteFunction: library.nameOf(kind.objects, kind.function)},
      };
    case 'unknown':
      return undefined;
  }
}
