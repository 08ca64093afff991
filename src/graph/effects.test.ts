import {expect, it} from 'vitest';
import {GraphBuilder} from './builder.js';
import {calledFunctions, isStateful, statefulNodes} from './effects.js';

const NO_LIBRARY = {get: () => undefined};

it('is stateful: what reads or changes a state, is random or tells the world; what takes a parameter is not', () => {
  const ops = ['ReadVariableOp', 'AssignVariableOp', 'RandomUniform', 'PrintV2', 'HashTableV2', 'Assert'];
  expect(ops.filter((op) => !isStateful(op))).toEqual([]);
  expect(
    ['_Arg', 'AddV2', 'PartitionedCall', 'StatelessRandomUniform', 'NoSuchOp'].filter(isStateful),
  ).toEqual([]);
});

it('a function has the stateful nodes that it has itself, not those of functions that it calls', () => {
  const graph = new GraphBuilder();
  const v = graph.parameter('v', 'resource');
  const read = graph.op('ReadVariableOp', [v], {dtype: 'float32'});
  const called = graph.op('PartitionedCall', [[read]], {Tout: ['float32'], f: {func: 'g'}});
  const f = graph.finish('f', [{name: 'y', operand: called}], []);
  expect(statefulNodes(f)).toEqual([f.find('ReadVariableOp')]);
});

it('a node calls the functions that its attributes name, and the one that its op is', () => {
  const graph = new GraphBuilder();
  const [x, p] = [graph.parameter('x', 'float32'), graph.parameter('p', 'bool')];
  const branch = graph.statement('If', [p, [x]], {
    Tout: ['float32'],
    then_branch: {func: 'yes'},
    else_branch: {func: 'no'},
  });
  const choice = graph.statement('Case', [graph.scalar('int32', 0), [x]], {
    Tout: ['float32'],
    branches: {
      type: 'list',
      value: ['a', 'b'].map((name) => ({type: 'func', value: {name, attrs: new Map()}}) as const),
    },
  });
  expect(calledFunctions(branch, NO_LIBRARY)).toEqual(['yes', 'no']);
  expect(calledFunctions(choice, NO_LIBRARY)).toEqual(['a', 'b']);
  expect(calledFunctions(graph.op('Neg', [x]).node, NO_LIBRARY)).toEqual([]);
  const byName = {...branch, op: 'my_function'};
  const library = {get: (name: string) => (name === 'my_function' ? graph.finish(name, [], []) : undefined)};
  expect(calledFunctions(byName, library)).toEqual(['my_function']);
  expect(calledFunctions(byName, NO_LIBRARY)).toEqual([]);
});
