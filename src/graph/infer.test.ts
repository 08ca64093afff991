/**
 * Checks what is inferred of whole graphs against what TensorFlow inferred when it made them: nodes of the fixture models
 * carry it in `_output_shapes`, and so do the parameters of functions.
 */

import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {formatShape, mergeShapes, type PartialShape} from '../host/shape.js';
import {factsOf} from '../ops/facts.js';
import {inferenceOf} from '../ops/infer.js';
import {decodeMessage, FunctionDef, type GraphDef, SavedModel} from '../proto/index.js';
import {MODELS} from '../savedmodel/testing/fixtures.js';
import {attrOf} from './from_proto.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionGraph,
  type FunctionLibrary,
  type Graph,
  type GraphNode,
} from './graph.js';
import {inferGraph} from './infer.js';
import type {Known} from './known.js';
import {argTensors} from './node_types.js';
import {opDef} from './op_defs.js';
import {functionName, readGraph, readLibrary} from './read_graph.js';

/** Ops (and nodes) of which TensorFlow knew more than a graph tells, and why: its word is taken for them. */
const TAKEN_FOR_GRANTED: Readonly<Record<string, string>> = {
  Placeholder: 'it is a parameter',
  ResourceGather: 'a variable that is not read as a whole is known by its handle only, which is a parameter',
  ResourceGatherNd: 'as ResourceGather',
  VariableShape: 'as ResourceGather',
  TensorArrayV3: 'TensorFlow says that the handle is a vector of two, which it was long ago',
  StackV2: 'as TensorArrayV3',
  HashTable: 'as TensorArrayV3',
  StackPopV2: 'Python told TensorFlow the shape of what it had pushed',
  TensorArrayReadV3: 'Python told TensorFlow the shape of what it had written',
  'gradients/loop/cond/Merge_grad/cond_grad': 'Python told TensorFlow the shape of the gradient',
  TensorListPopBack: 'Python told TensorFlow what lists hold that a function is given',
  TensorListElementShape: 'as TensorListPopBack',
  TensorListGetItem:
    'TensorFlow takes for granted that a list never holds other shapes than those it was made of',
  TensorListStack: 'as TensorListGetItem',
  TensorListGather: 'as TensorListGetItem',
  DenseBincount: 'TensorFlow computed the size from a file, as it does with all that hangs on constants',
  LookupTableFindV2:
    'Python told TensorFlow the shape of what it looked up in a table that a function is given',
  CudnnRNN: 'TensorFlow says that the cell of a layer without one is a scalar, where nothing is given',
  Equal: 'without incompatible_shape_error two unknown sizes may differ, which TensorFlow passes over',
  NotEqual: 'as Equal',
};

/** What hands elements on that a function was given: TensorFlow knew them when it made the function. */
const HANDS_ELEMENTS_ON = new Set(['Identity', 'InvertPermutation']);

const models = readdirSync(MODELS, {withFileTypes: true})
  .filter((entry) => entry.isDirectory() && readdirSync(join(MODELS, entry.name)).includes('saved_model.pb'))
  .map(({name}) => name);

const shapesIn = (attr: ReturnType<typeof attrOf>): PartialShape[] =>
  attr?.type === 'list' ? attr.value.flatMap((each) => (each.type === 'shape' ? [each.value] : [])) : [];

/** What TensorFlow says of the outputs of a node, where it does. */
const said = ({attrs}: GraphNode): PartialShape[] => shapesIn(attrs.raw('_output_shapes'));

/** A function, and what TensorFlow says of its parameters. */
class Functions {
  readonly library: FunctionLibrary;
  readonly #shapes = new Map<string, PartialShape[]>();

  constructor({library}: GraphDef) {
    this.library = readLibrary(library);
    for (const bytes of library?.function ?? []) {
      const {argAttr, signature} = decodeMessage(FunctionDef, bytes, 'a function');
      const shapes = signature!.inputArg.map((_, i) => {
        const attr = argAttr.get(i)?.attr.get('_output_shapes');
        return (attr && shapesIn(attrOf(attr, 'a parameter'))[0]) ?? null;
      });
      this.#shapes.set(functionName(bytes), shapes);
    }
  }

  parameters(graph: FunctionGraph): {endpoint: Endpoint; known: Known}[] {
    const shapes = this.#shapes.get(graph.name)!;
    return graph.parameters.map(({dtype}, node) => ({
      endpoint: {node, output: 0},
      known: {dtype, shape: shapes[node]!, ...this.#handle(graph, node)},
    }));
  }

  /** What a handle leads to that a function is given: TensorFlow wrote it down where the variable is read. */
  #handle(graph: FunctionGraph, parameter: number, seen = new Set<string>()): Pick<Known, 'handle'> {
    if (graph.parameters[parameter]?.dtype !== 'resource' || seen.has(graph.name)) return {};
    seen.add(graph.name);
    for (const node of graph.nodes) {
      const at = node.inputs.findIndex((input) => input.node === parameter);
      if (at < 0) continue;
      if (node.op === 'ReadVariableOp') {
        return {handle: {dtype: node.attrs.dtype('dtype'), shape: said(node)[0] ?? null}};
      }
      for (const name of ['f', 'then_branch', 'else_branch', 'body', 'cond']) {
        const fn = node.attrs.raw(name);
        const callee = fn?.type === 'func' ? this.library.get(fn.value.name) : undefined;
        if (callee === undefined) continue;
        // The condition of a branch comes before the arguments.
        const found = this.#handle(callee, at - (node.inputs.length - callee.parameters.length), seen);
        if (found.handle !== undefined) return found;
      }
    }
    return {};
  }
}

/** Whether TensorFlow's word has to be taken for a node, or for one of a function that it calls. */
function isGranted(node: GraphNode, library: FunctionLibrary, seen = new Set<string>()): boolean {
  if (
    node.op in TAKEN_FOR_GRANTED ||
    node.name in TAKEN_FOR_GRANTED ||
    (opDef(node.op) && inferenceOf(node.op) === undefined)
  )
    return true;
  return ['f', 'then_branch', 'else_branch', 'body'].some((name) => {
    const fn = node.attrs.raw(name);
    if (fn?.type !== 'func' || seen.has(fn.value.name)) return false;
    seen.add(fn.value.name);
    return library
      .get(fn.value.name)
      ?.nodes.some((each) => said(each).length > 0 && isGranted(each, library, seen));
  });
}

/** Whether sizes or axes that the node asks for are parameters of the function, or taken for granted themselves. */
function sizesAreGiven(node: GraphNode, graph: Graph): boolean {
  const {constantInputs = []} = factsOf(node.op);
  return argTensors(opDef(node.op)!.inputs, node.attrs).some(({arg}, i) => {
    if (!constantInputs.includes(arg.name)) return false;
    let source = graph.nodes[node.inputs[i]!.node]!;
    while (HANDS_ELEMENTS_ON.has(source.op)) source = graph.nodes[source.inputs[0]!.node]!;
    return source.op === ARGUMENT_OP || source.op in TAKEN_FOR_GRANTED;
  });
}

/** What TensorFlow says, where the node has such an output: rewriting took some away again. */
function saidOfOutputs(node: GraphNode): PartialShape[] {
  const [shapes, definition] = [said(node), opDef(node.op)];
  const isWhole = shapes.length === 0 || definition === undefined;
  return isWhole ? shapes : shapes.slice(0, argTensors(definition.outputs, node.attrs).length);
}

/** Where what is inferred of a graph contradicts TensorFlow's word, or says less. */
function faults(
  graph: Graph,
  given: readonly {endpoint: Endpoint; known: Known}[],
  library: FunctionLibrary,
) {
  const granted = graph.nodes.flatMap((node, index) => {
    const shapes = said(node);
    const definition = isGranted(node, library) && shapes.length > 0 ? opDef(node.op) : undefined;
    if (definition === undefined) return [];
    return argTensors(definition.outputs, node.attrs).flatMap(({dtype}, output) =>
      shapes[output] === undefined
        ? []
        : [{endpoint: {node: index, output}, known: {dtype, shape: shapes[output]}}],
    );
  });
  const known = inferGraph(graph, {rules: inferenceOf, library, given: [...given, ...granted]});
  const faulty = new Set<number>();
  return graph.nodes.flatMap((node, index) =>
    saidOfOutputs(node).flatMap((shape, output) => {
      const found = known.of({node: index, output})?.shape;
      const merged = found === undefined ? undefined : mergeShapes(found, shape);
      if (merged !== undefined && formatShape(merged) === formatShape(found!)) return [];
      faulty.add(index);
      if (merged !== undefined && sizesAreGiven(node, graph)) return [];
      // Of what follows from it, less is known as well.
      if (node.inputs.some((input) => faulty.has(input.node))) return [];
      const words = found === undefined ? 'an error' : formatShape(found);
      return [`${node.op} '${node.name}':${output} in ${graph.label}: ${words}, not ${formatShape(shape)}`];
    }),
  );
}

describe('what is inferred of a model is what TensorFlow inferred, or more', () => {
  for (const model of models) {
    it(model, () => {
      const {metaGraphs} = decodeMessage(
        SavedModel,
        readFileSync(join(MODELS, model, 'saved_model.pb')),
        model,
      );
      const found = metaGraphs.flatMap(({graphDef}) => {
        const functions = new Functions(graphDef!);
        const {library} = functions;
        const inFunctions = [...library.names()].flatMap((name) => {
          const graph = library.get(name)!;
          return faults(graph, functions.parameters(graph), library);
        });
        return [...faults(readGraph(graphDef!), [], library), ...inFunctions];
      });
      expect(found).toEqual([]);
    });
  }
});
