/**
 * What is taken for a cell, and that bodies that only look alike are not: each node of a real one is changed in turn.
 */

import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import type {FunctionGraph, GraphNode} from '../../graph/graph.js';
import {inferGraph} from '../../graph/infer.js';
import {readLibrary} from '../../graph/read_graph.js';
import {inferenceOf} from '../../ops/infer.js';
import {decodeMessage, SavedModel} from '../../proto/index.js';
import {MODELS} from '../../savedmodel/testing/fixtures.js';
import {FunctionBodies} from '../bodies.js';
import {type RecurrentCell, recurrentCell} from './recurrent_cell.js';

/** The first body of a loop of a model that calls for so many states. */
function bodyOf(model: string, states: number): FunctionGraph {
  const bytes = readFileSync(join(MODELS, model, 'saved_model.pb'));
  const library = readLibrary(
    decodeMessage(SavedModel, bytes, 'saved_model.pb').metaGraphs[0]!.graphDef!.library,
  );
  for (const name of library.names()) {
    const graph = library.get(name)!;
    if (cellIn(graph, states) !== undefined) return graph;
  }
  throw new Error(`${model} has no cell with ${states} states`);
}

/** The cell in a body whose parameters from the fifth on are its states, as Keras orders them. */
function cellIn(graph: FunctionGraph, count: number): RecurrentCell | undefined {
  if (graph.results.length < 4 + count) return undefined;
  const bodies = new FunctionBodies({
    get: (name) => (name === graph.name ? graph : undefined),
    names: () => [graph.name],
    gradientOf: () => undefined,
  });
  const body = bodies.get(graph.name);
  if (body.parameters.length < 4 + count) return undefined;
  const known = inferGraph(body.graph, {
    rules: inferenceOf,
    given: body.parameters.map((endpoint, i) => {
      const {dtype, shape = null, handle} = graph.parameters[i]!;
      return {endpoint, known: {dtype, shape, ...(handle && {handle})}};
    }),
  });
  const states = Array.from({length: count}, (_, i) => 4 + i);
  return recurrentCell(
    states.map((i) => body.results[i]!),
    states,
    {body, known, isInput: ({node}) => body.graph.nodes[node]!.op === 'TensorListGetItem'},
  );
}

/** Ops in whose place others would give something else of the same shape. */
const OTHERS: Readonly<Record<string, string>> = {
  Sigmoid: 'Tanh',
  Tanh: 'Sigmoid',
  Mul: 'AddV2',
  AddV2: 'Mul',
  BiasAdd: 'Sub',
  Sub: 'AddV2',
};

const replaced = (graph: FunctionGraph, index: number, change: Partial<GraphNode>): FunctionGraph => ({
  ...graph,
  nodes: graph.nodes.map((node, i) => (i === index ? {...node, ...change} : node)),
});

const WITHIN = new Set(['MatMul', 'Split', 'TensorListGetItem']);

for (const [model, states, kind] of [
  ['lstm', 2, 'LSTM'],
  ['gru', 1, 'GRU'],
] as const) {
  describe(kind, () => {
    const graph = bodyOf(model, states);
    const cell = cellIn(graph, states)!;

    it('is found, with the weights of its gates', () => {
      expect(cell.kind).toBe(kind);
      expect(cell.gates.length).toBe(states === 2 ? 4 : 3);
      const columns = cell.gates.map(({kernel}) => kernel.from / cell.units);
      expect(columns).toEqual(states === 2 ? [0, 3, 1, 2] : [0, 1, 2]);
      expect(cell.gates.map(({recurrent}) => recurrent.from / cell.units)).toEqual(columns);
    });

    it('is not found where an op is another', () => {
      const alike = graph.nodes.flatMap(({op, name}, index) => {
        const other = OTHERS[op];
        // Counters are no part of the cell.
        const isCell = other !== undefined && !readsConstantOne(graph, index);
        return isCell && cellIn(replaced(graph, index, {op: other}), states) !== undefined ? [name] : [];
      });
      expect(alike).toEqual([]);
    });

    it('is not found, or is another one, where two pieces are exchanged', () => {
      const found = JSON.stringify(cell);
      const alike = graph.nodes.flatMap(({op, name, inputs}, index) => {
        if (!['Sigmoid', 'Tanh'].includes(op)) return [];
        const [input] = inputs;
        if (!WITHIN.has(graph.nodes[input!.node]!.op) || input!.output > 1) return [];
        const exchanged = replaced(graph, index, {inputs: [{...input!, output: 1 - input!.output}]});
        const other = cellIn(exchanged, states);
        return other !== undefined && JSON.stringify(other) === found ? [name] : [];
      });
      expect(alike).toEqual([]);
    });
  });
}

function readsConstantOne(graph: FunctionGraph, index: number): boolean {
  return graph.nodes[index]!.inputs.some(({node}) => {
    const {op, attrs} = graph.nodes[node]!;
    return op === 'Const' && attrs.dtype('dtype') === 'int32';
  });
}
