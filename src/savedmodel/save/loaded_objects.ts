/**
 * Objects of loaded models in what is saved: taken over as they were read, with all they refer to.
 *
 * @module
 */

import type {SavedObject} from '../../proto/index.js';
import type {ObjectGraph} from '../load/object_graph.js';
import type {SaveGraph} from './saveable_view.js';
import type {NodeKind, SaveNode} from './save_node.js';

/** What an object was saved as. */
export function loadedKind(graph: SaveGraph, objects: ObjectGraph, id: number): NodeKind {
  const {kind} = objects.node(id);
  switch (kind?.$case) {
    case 'userObject':
      return {case: 'user', proto: kind.value};
    case 'variable':
      return {case: 'variable', variable: objects.variable(id)!, proto: kind.value};
    case 'function': {
      const traces = kind.value.concreteFunctions.map((name) => graph.loadedFunction(objects, name));
      return {case: 'function', traces, spec: kind.value.functionSpec, declared: false};
    }
    case 'bareConcreteFunction': {
      const {concreteFunctionName, argumentKeywords, allowedPositionalArguments, functionSpec} = kind.value;
      return {
        case: 'concrete',
        function: graph.loadedFunction(objects, concreteFunctionName),
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

/** Finds what an object refers to. */
export function expandLoaded(graph: SaveGraph, node: SaveNode, objects: ObjectGraph, id: number): void {
  const saved = objects.node(id);
  const references = (list: SavedObject['children']) =>
    list.map(({localName, nodeId}) => [localName, graph.loadedNode(objects, nodeId)] as const);
  node.children = [...references(saved.children), ...graph.addedChildren(objects.made(id))];
  node.dependencies = references(saved.dependencies);
  node.slots = saved.slotVariables.map(({slotName, originalVariableNodeId, slotVariableNodeId}) => {
    const original = graph.loadedNode(objects, originalVariableNodeId);
    const slot = graph.loadedNode(objects, slotVariableNodeId);
    slot.slotOf = {optimizer: node, original, name: slotName};
    return {name: slotName, original, slot};
  });
  for (const [name, {saveFunction, restoreFunction}] of saved.saveableObjects) {
    const [save, restore] = [saveFunction, restoreFunction].map((id) => graph.loadedNode(objects, id));
    node.saveables.set(name, {save: save!, restore: restore!});
  }
  const {registeredName, serializedUserProto, registeredSaver, _unknownFields} = saved;
  node.verbatim = {registeredName, serializedUserProto, registeredSaver, _unknownFields};
}
