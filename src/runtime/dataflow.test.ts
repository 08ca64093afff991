import {beforeAll, expect, it} from 'vitest';
import {readGraph} from '../graph/read_graph.js';
import {useBackend} from '../ops/testing/op_cases.js';
import {GraphDef} from '../proto/index.js';
import {decodeTextMessage} from '../proto/text_format.js';
import {Value} from '../tensors/value.js';
import {Runtime} from './runtime.js';

beforeAll(() => useBackend('cpu'));

/** The value and the index that `Merge` gives of two float scalars, which pass so many identities on their way. */
function merged(...depths: [number, number]): number[] {
  const node = (name: string, op: string, inputs: string[], attr: string) =>
    `node {name: "${name}" op: "${op}" ${inputs.map((input) => `input: "${input}"`).join(' ')} ${attr}}`;
  const isFloat = (attr: string) => `attr {key: "${attr}" value {type: DT_FLOAT}}`;
  const nameAt = (i: number, depth: number) => (depth === 0 ? `x${i}` : `i${i}_${depth}`);
  const text = [
    // The second input stands first in the graph.
    ...[1, 0].map((i) => node(`x${i}`, 'Placeholder', [], isFloat('dtype'))),
    ...depths.flatMap((depth, i) =>
      Array.from({length: depth}, (_, k) => node(nameAt(i, k + 1), 'Identity', [nameAt(i, k)], isFloat('T'))),
    ),
    node(
      'merge',
      'Merge',
      depths.map((depth, i) => nameAt(i, depth)),
      `${isFloat('T')} attr {key: "N" value {i: 2}}`,
    ),
  ].join('\n');
  const graph = readGraph(decodeTextMessage(GraphDef, 'tensorflow.GraphDef', text, 'a graph'));
  const runtime = new Runtime({
    library: {get: () => undefined, names: () => [], gradientOf: () => undefined},
  });
  const endpoint = (name: string, output = 0) => ({node: graph.find(name)!, output});
  const runnable = runtime.prepare(graph, {
    feeds: [endpoint('x0'), endpoint('x1')],
    fetches: [endpoint('merge'), endpoint('merge', 1)],
    targets: [],
  });
  const args = [10, 20].map((x) => Value.scalar('float32', x));
  return runtime.invoke(runnable, args, (results) => ({
    result: results.map((result) => result.number()),
    tensors: [],
  }));
}

it('takes the first of two live inputs of a merge, as TensorFlow does', () => {
  expect(merged(0, 0)).toEqual([10, 0]);
  expect(merged(1, 1)).toEqual([10, 0]);
  expect(merged(3, 3)).toEqual([10, 0]);
});

it('takes the input of a merge that arrives before the other one', () => {
  expect(merged(2, 0)).toEqual([20, 1]);
  expect(merged(0, 2)).toEqual([10, 0]);
});
