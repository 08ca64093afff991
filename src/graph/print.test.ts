import {expect, it} from 'vitest';
import {PackedStrings} from '../host/strings.js';
import {inferenceOf} from '../ops/infer.js';
import {GraphBuilder} from './builder.js';
import type {Graph} from './graph.js';
import {inferGraph, parametersOf} from './infer.js';
import {printGraph} from './print.js';

/** Two of everything: outputs, inputs of a list, control inputs, attributes of several types. */
function example() {
  const graph = new GraphBuilder();
  const x = graph.parameter('x', 'float32', {shape: [null, 4]});
  const v = graph.parameter('v', 'resource', {handle: {dtype: 'float32', shape: [2]}});
  const [left, right] = graph.node('Split', [graph.scalar('int32', 1), x], {num_split: 2});
  const read = graph.op('ReadVariableOp', [v], {dtype: 'float32'});
  const weights = graph.constant({dtype: 'float32', shape: [9], data: new Float32Array(9)});
  const strings = graph.constant({
    dtype: 'string',
    shape: [2],
    data: PackedStrings.ofTexts(['a"b', 'x'.repeat(50)]),
  });
  const assign = graph.statement('AssignVariableOp', [v, read], {}, {controls: [read.node]});
  const call = graph.op('PartitionedCall', [[weights, strings]], {Tout: ['float32'], f: {func: 'g'}});
  const packed = graph.op('Pack', [[left!, right!]], {axis: 1});
  return graph.finish(
    'f',
    [
      {name: 'packed', operand: packed},
      {name: 'right', operand: right!},
      {name: 'call', operand: call},
    ],
    [assign],
  );
}

it('a graph is printed a node in a line, with dtypes and what the inputs do not say of attributes', () => {
  expect(printGraph(example())).toBe(
    [
      "function 'f' (x: float32 (None, 4), v: resource of float32 (2,)) -> (packed: float32 <unknown>, right: float32 <unknown>, call: float32 <unknown>)",
      '  Const: int32 = Const() {value: 1}',
      '  Split: float32, float32 = Split(Const, x)',
      '  ReadVariableOp: float32 = ReadVariableOp(v)',
      '  Const_1: float32 = Const() {value: float32 (9,)}',
      `  Const_2: string = Const() {value: ["a\\"b", "${'x'.repeat(40)}..."]}`,
      '  AssignVariableOp = AssignVariableOp(v, ReadVariableOp, ^ReadVariableOp)',
      '  PartitionedCall: float32 = PartitionedCall(Const_1, Const_2) {f: g}',
      '  Pack: float32 = Pack(Split, Split:1) {axis: 1}',
      '  return packed = Pack',
      '  return right = Split:1',
      '  return call = PartitionedCall',
      '  return ^AssignVariableOp',
    ].join('\n'),
  );
});

it('a graph is printed with the shapes that are known', () => {
  const graph = example();
  const known = inferGraph(graph, {rules: inferenceOf, given: parametersOf(graph)});
  const lines = printGraph(graph, known).split('\n');
  expect(lines[0]).toContain(
    '-> (packed: float32 (None, 2, 2), right: float32 (None, 2), call: float32 <unknown>)',
  );
  expect(lines[2]).toBe('  Split: float32 (None, 2), float32 (None, 2) = Split(Const, x)');
  expect(lines[3]).toBe('  ReadVariableOp: float32 (2,) = ReadVariableOp(v)');
});

it('a graph that is no function is printed without parameters and results', () => {
  const graph = new GraphBuilder();
  graph.op('Placeholder', [], {dtype: 'bool', shape: [null, 3]});
  const plain: Graph = graph.plainGraph('the main graph');
  expect(printGraph(plain)).toBe('the main graph\n  Placeholder: bool = Placeholder() {shape: (None, 3)}');
});
