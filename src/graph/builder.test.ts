/** Graphs built node by node: as graphs, and as the messages that are written of them. */

import {describe, expect, it} from 'vitest';
import {decodeUtf8} from '../algorithms/utf8.js';
import {SaveError} from '../errors.js';
import {PackedStrings} from '../host/strings.js';
import {AttrValue, decodeMessage, type NodeDef} from '../proto/index.js';
import {type BuiltNode, GraphBuilder, type Operand} from './builder.js';
import type {Graph} from './graph.js';
import {attr, encodedTensor, tensorProto} from './to_proto.js';
import {writeFunction, writeNodes} from './write_graph.js';

const namesIn = ({nodes}: Graph): string[] => nodes.map(({name}) => name);

/** The function that gives one operand. */
const giving = (graph: GraphBuilder, operand: Operand, effects: readonly BuiltNode[] = []) =>
  graph.finish('f', [{name: 'identity', operand}], effects);

const plain = (graph: GraphBuilder): Graph => graph.plainGraph('the main graph');

/** An attribute as a node's message has it. */
const attrIn = ({attr: attrs}: NodeDef, name: string) =>
  decodeMessage(AttrValue, attrs.get(name)!, name).value;

describe('names', () => {
  it('are the ops, with numbers from the second node on', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    const negated = [x, x, x].map((each) => graph.op('Neg', [each]).node.name);
    expect(negated).toEqual(['Neg', 'Neg_1', 'Neg_2']);
  });

  it('are chosen, and pass over numbers that are taken', () => {
    const graph = new GraphBuilder();
    const name = (wanted: string) => graph.statement('NoOp', [], {}, {name: wanted}).name;
    expect(['a_1', 'a', 'a', 'a'].map(name)).toEqual(['a_1', 'a', 'a_2', 'a_3']);
  });

  it('are shared by parameters and nodes', () => {
    const graph = new GraphBuilder();
    graph.parameter('NoOp', 'float32');
    expect(graph.statement('NoOp', []).name).toBe('NoOp_1');
  });

  it('are below the scope that nodes are made in, inner scopes in place of outer ones', () => {
    const graph = new GraphBuilder();
    const made: string[] = [];
    const note = () => made.push(graph.statement('NoOp', []).name);
    graph.within('outer', () => {
      note();
      graph.within('inner/most', note);
      note();
    });
    note();
    expect(made).toEqual(['outer/NoOp', 'inner/most/NoOp', 'outer/NoOp_1', 'NoOp']);
  });

  it('leave their scope where building fails', () => {
    const graph = new GraphBuilder();
    const fail = () => graph.op('NoSuchOp', []);
    expect(() => graph.within('scope', fail)).toThrow(SaveError);
    expect(graph.statement('NoOp', []).name).toBe('NoOp');
  });

  it('may be part of a node’s attributes', () => {
    const graph = new GraphBuilder();
    const handle = () =>
      graph.op('VarHandleOp', [], (name) => ({dtype: 'float32', shape: [2], shared_name: name}), {name: 'v'});
    const shared = [handle(), handle()].map(({node}) => node.attrs.raw('shared_name')?.value as Uint8Array);
    expect(shared.map(decodeUtf8)).toEqual(['v', 'v_1']);
  });
});

describe('attributes', () => {
  it('follow from dtypes and number of the inputs', () => {
    const graph = new GraphBuilder();
    const [a, b] = [graph.scalar('int64', 1), graph.scalar('int64', 2)];
    const {attrs} = graph.statement('Pack', [[a, b]], {axis: 0});
    expect(attrs.raw('T')).toEqual({type: 'type', value: 'int64'});
    expect(attrs.raw('N')).toEqual({type: 'int', value: 2});
  });

  it('list the dtypes of an input that takes any', () => {
    const graph = new GraphBuilder();
    const inputs = [graph.scalar('int32', 1), graph.scalar('float32', 2)];
    const {attrs} = graph.statement('PartitionedCall', [inputs], {Tout: ['bool'], f: {func: 'g'}});
    const types = ['int32', 'float32'].map((value) => ({type: 'type', value}));
    expect(attrs.raw('Tin')).toEqual({type: 'list', value: types});
    expect(attrs.raw('f')).toEqual({type: 'func', value: {name: 'g', attrs: new Map()}});
  });

  it('tell the dtypes of the outputs, lists spread out', () => {
    const graph = new GraphBuilder();
    const outputs = graph.node('PartitionedCall', [[]], {Tout: ['bool', 'string'], f: {func: 'g'}});
    expect(outputs.map(({output, dtype}) => [output, dtype])).toEqual([
      [0, 'bool'],
      [1, 'string'],
    ]);
    const parts = graph.node('Split', [graph.scalar('int32', 0), graph.ints([1, 2, 3])], {num_split: 3});
    expect(parts.map(({dtype}) => dtype)).toEqual(['int32', 'int32', 'int32']);
  });

  it('are completed by defaults where they are read, and not written then', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    const made = giving(graph, graph.op('MatMul', [x, x], {transpose_a: false, transpose_b: true}));
    expect(made.nodes[1]!.attrs.bool('transpose_a')).toBe(false);
    expect([...writeFunction(made).nodeDef[0]!.attr.keys()]).toEqual(['T', 'transpose_b']);
  });

  it('are written in the order of their names, those that no definition lists among them', () => {
    const graph = new GraphBuilder();
    const shapes = attr.shapes([[]]);
    graph.op('VarHandleOp', [], {shared_name: 'v', shape: [], dtype: 'bool', _output_shapes: shapes});
    const [node] = writeNodes(plain(graph));
    expect([...node!.attr.keys()]).toEqual(['_output_shapes', 'dtype', 'shape', 'shared_name']);
  });

  it('are written as they were read where they are taken over', () => {
    const graph = new GraphBuilder();
    // Two equal elements, which would be written as one.
    const value = {...tensorProto({dtype: 'int32', shape: [2], data: Int32Array.of(7, 7)}), intVal: [7, 7]};
    graph.op('Const', [], {dtype: 'int32', value: encodedTensor(value)});
    const [node] = writeNodes(plain(graph));
    expect(attrIn(node!, 'value')).toEqual({$case: 'tensor', value});
  });

  it('that an op does not take, or lacks, are errors', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    const refused = (build: () => unknown, message: string) => {
      expect(build).toThrow(SaveError);
      expect(build).toThrowWithMessage(SaveError, message);
    };
    refused(() => graph.op('Nag', [x]), 'TensorFlow has no op Nag');
    refused(() => graph.op('Neg', []), 'Neg takes 1 inputs and is given 0');
    refused(() => graph.op('Neg', [x], {axis: 1}), "Neg has no attribute 'axis'");
    refused(() => graph.op('Cast', [x]), "Cast needs the attribute 'DstT'");
    refused(() => graph.op('MatMul', [x, graph.ints([1])]), 'MatMul is given int32');
    refused(() => graph.op('LogicalNot', [x]), 'LogicalNot takes bool');
  });
});

describe('constants', () => {
  it('of equal content are one node; -0 and 0 are not equal, nor are dtypes', () => {
    const graph = new GraphBuilder();
    const nodes = [
      graph.scalar('float32', 0),
      graph.scalar('float32', 0),
      graph.scalar('float32', -0),
      graph.scalar('int32', 0),
      graph.ints([0]),
    ].map(({node}) => node);
    expect(nodes[1]).toBe(nodes[0]);
    expect(new Set(nodes).size).toBe(4);
  });

  it('of more than 64 elements are a node each, and so are strings', () => {
    const graph = new GraphBuilder();
    const ints = (length: number) => graph.ints(new Array(length).fill(1)).node;
    expect(ints(64)).toBe(ints(64));
    expect(ints(65)).not.toBe(ints(65));
    const text = () => graph.constant({dtype: 'string', shape: [], data: PackedStrings.ofTexts(['a'])}).node;
    expect(text()).not.toBe(text());
  });

  it('that are to have a name or a device are nodes of their own', () => {
    const graph = new GraphBuilder();
    const [first, named, placed] = [
      graph.scalar('int32', 1),
      graph.scalar('int32', 1, {name: 'one'}),
      graph.scalar('int32', 1, {device: '/device:CPU:0'}),
    ].map(({node}) => [node.name, node.device]);
    expect([first, named, placed]).toEqual([
      ['Const', ''],
      ['one', ''],
      ['Const_1', '/device:CPU:0'],
    ]);
  });

  it('have equal shapes computed once, and casts where the dtype differs', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    expect(graph.shapeOf(x)).toBe(graph.shapeOf(x));
    expect(graph.cast(x, 'float32')).toBe(x);
    expect(graph.cast(x, 'int32').node.op).toBe('Cast');
  });
});

describe('a function', () => {
  it('has its parameters first, and of the nodes those that its results and effects need', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    const doubled = graph.op('AddV2', [x, x]);
    graph.op('Square', [x]);
    const y = graph.parameter('y', 'float32');
    const before = graph.statement('NoOp', []);
    const effect = graph.statement('NoOp', [], {}, {controls: [before]});
    const made = giving(graph, doubled, [effect]);
    expect(namesIn(made)).toEqual(['x', 'y', 'AddV2', 'NoOp', 'NoOp_1']);
    expect(made.parameters).toEqual([
      {name: 'x', dtype: 'float32'},
      {name: 'y', dtype: 'float32'},
    ]);
    expect(made.results).toEqual([{name: 'identity', dtype: 'float32', source: {node: 2, output: 0}}]);
    expect(made.controlResults).toEqual([4]);
    expect(made.nodes[4]!.controls).toEqual([3]);
    expect(made.find('AddV2')).toBe(2);
    expect(made.find('Square')).toBeUndefined();
    expect(y.node.name).toBe('y');
  });

  it('has nodes besides that are kept', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    graph.keep(graph.op('Square', [graph.op('Neg', [x])]).node);
    expect(namesIn(giving(graph, x))).toEqual(['x', 'Neg', 'Square']);
  });

  it('is written with edges by the names of outputs', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    const [first, second] = graph.node('Split', [graph.scalar('int32', 0), x], {num_split: 2});
    const {nodeDef, ret} = writeFunction(giving(graph, graph.op('Sub', [second!, first!])));
    expect(nodeDef.map(({name, input}) => [name, input])).toEqual([
      ['Const', []],
      ['Split', ['Const:output:0', 'x']],
      ['Sub', ['Split:output:1', 'Split:output:0']],
    ]);
    expect([...ret]).toEqual([['identity', 'Sub:z:0']]);
  });

  it('may have nodes wait for ones that were made later', () => {
    const graph = new GraphBuilder();
    const result = graph.op('Identity', [graph.parameter('x', 'float32')]);
    result.node.controls.push(graph.statement('NoOp', []));
    const {nodeDef} = writeFunction(giving(graph, result));
    expect(nodeDef.map(({input}) => input)).toEqual([['x', '^NoOp'], []]);
  });

  it('does not wait for parameters, which are there before anything runs', () => {
    const graph = new GraphBuilder();
    const x = graph.parameter('x', 'float32');
    const {nodeDef} = writeFunction(giving(graph, graph.node('Neg', [x], {}, {controls: [x.node]})[0]!));
    expect(nodeDef[0]!.input).toEqual(['x']);
  });
});

describe('a plain graph', () => {
  it('has every node, in the order in which they were added, needed or not', () => {
    const graph = new GraphBuilder();
    const read = graph.op('Placeholder', [], {dtype: 'float32', shape: [null]}, {name: 'serving/x'});
    graph.op('Neg', [read]);
    graph.statement('NoOp', []);
    expect(namesIn(plain(graph))).toEqual(['serving/x', 'Neg', 'NoOp']);
    expect(plain(graph).label).toBe('the main graph');
  });

  it('is written with edges by the numbers of outputs, the first without, and control edges last', () => {
    const graph = new GraphBuilder();
    const call = graph.node('PartitionedCall', [[]], {Tout: ['float32', 'float32'], f: {func: 'g'}});
    const done = graph.statement('NoOp', [], {}, {name: 'init/done'});
    graph.node('AddV2', [call[1]!, call[0]!], {}, {controls: [done]});
    expect(writeNodes(plain(graph)).map(({input}) => input)).toEqual([
      [],
      [],
      ['PartitionedCall:1', 'PartitionedCall', '^init/done'],
    ]);
  });

  it('is written with the devices that its nodes were given', () => {
    const graph = new GraphBuilder();
    graph.statement('NoOp', []);
    graph.statement('NoOp', [], {}, {device: '/device:CPU:0'});
    expect(writeNodes(plain(graph)).map(({device}) => device)).toEqual(['', '/device:CPU:0']);
  });
});
