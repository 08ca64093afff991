import {expect, it} from 'vitest';
import {GraphBuilder} from './builder.js';
import {consumersOf} from './consumers.js';

it('consumers are known by output and input, those that only wait and results apart', () => {
  const graph = new GraphBuilder();
  const x = graph.parameter('x', 'float32');
  const [top, places] = graph.node('TopKV2', [x, graph.scalar('int32', 2)]);
  const square = graph.op('Mul', [top!, top!]);
  const waits = graph.statement('NoOp', [], {}, {controls: [square.node]});
  const f = graph.finish(
    'f',
    [
      {name: 'square', operand: square},
      {name: 'places', operand: places!},
    ],
    [waits],
  );
  const consumers = consumersOf(f);
  const of = (name: string) => consumers[f.find(name)!]!;
  expect(of('x').outputs).toEqual([[{node: f.find('TopKV2'), input: 0}]]);
  expect(of('TopKV2').outputs).toEqual([
    [
      {node: f.find('Mul'), input: 0},
      {node: f.find('Mul'), input: 1},
    ],
  ]);
  expect(of('TopKV2').results).toEqual([{output: 1, result: 1}]);
  expect(of('Mul')).toEqual({outputs: [], controls: [f.find('NoOp')], results: [{output: 0, result: 0}]});
});
