import {describe, expect, it} from 'vitest';
import {FormatError} from '../errors.js';
import {dataflowRole} from '../graph/dataflow_ops.js';
import type {Graph} from '../graph/graph.js';
import {isDataflow, neededNodes, topologicalOrder} from './schedule.js';
import {graphOf} from './testing/graphs.js';

const indices = (graph: Graph, names: readonly string[]) => names.map((name) => graph.find(name)!);

/** Names of the nodes that `roots` need, in an order in which they can run. */
function order(graph: Graph, roots: readonly string[], fed: readonly string[] = []): string[] {
  const given = new Set(indices(graph, fed));
  const needed = neededNodes(graph, indices(graph, roots), given);
  return topologicalOrder(graph, needed, given).map((index) => graph.nodes[index]!.name);
}

describe('the order of nodes', () => {
  const graph = graphOf({
    // Files list nodes in any order.
    sum: {op: 'Add', inputs: ['left', 'right:1']},
    right: {op: 'Split', inputs: ['x']},
    left: {op: 'Neg', inputs: ['x']},
    x: {op: 'Placeholder'},
    unrelated: {op: 'Neg', inputs: ['x']},
  });

  it('has each after what it reads, and none that nobody needs', () => {
    expect(order(graph, ['sum'])).toEqual(['x', 'left', 'right', 'sum']);
    expect(order(graph, ['left'])).toEqual(['x', 'left']);
    expect(order(graph, [])).toEqual([]);
  });

  it('has nothing that only fed nodes would need', () => {
    expect(order(graph, ['sum'], ['left', 'x'])).toEqual(['left', 'x', 'right', 'sum']);
    expect(order(graph, ['sum'], ['left', 'right'])).toEqual(['left', 'right', 'sum']);
    expect(order(graph, ['sum'], ['sum'])).toEqual(['sum']);
  });

  it('has each after its control dependencies, in the order in which the graph lists these', () => {
    const controlled = graphOf({
      result: {op: 'Identity', inputs: ['value', '^second', '^first']},
      first: {op: 'Print'},
      second: {op: 'Print'},
      value: {op: 'Const'},
    });
    expect(order(controlled, ['result'])).toEqual(['second', 'first', 'value', 'result']);
  });

  it('has a node once, however many read it', () => {
    const diamond = graphOf({
      x: {op: 'Const'},
      square: {op: 'Mul', inputs: ['x', 'x']},
      both: {op: 'Add', inputs: ['square', 'x', '^square']},
    });
    expect(order(diamond, ['both', 'square'])).toEqual(['x', 'square', 'both']);
  });

  it('is found for chains deeper than any call stack', () => {
    const depth = 100_000;
    const chain: Graph = {
      ...graphOf({x: {op: 'Const'}}),
      nodes: Array.from({length: depth}, (_, i) => ({
        ...graphOf({x: {op: 'Neg'}}).nodes[0]!,
        name: `n${i}`,
        inputs: i + 1 < depth ? [{node: i + 1, output: 0}] : [],
      })),
    };
    const none = new Set<number>();
    const found = topologicalOrder(chain, neededNodes(chain, [0], none), none);
    expect(found).toHaveLength(depth);
    expect([found[0], found.at(-1)]).toEqual([depth - 1, 0]);
  });
});

describe('a cycle', () => {
  const cyclic = graphOf(
    {
      a: {op: 'Neg', inputs: ['c']},
      b: {op: 'Neg', inputs: ['a']},
      c: {op: 'Neg', inputs: ['b']},
      self: {op: 'Neg', inputs: ['^self']},
      other: {op: 'Const'},
    },
    'the main graph',
  );

  it('is an error that names the graph and a node', () => {
    expect(() => order(cyclic, ['b'])).toThrow(FormatError);
    expect(() => order(cyclic, ['b'])).toThrowWithMessage(
      FormatError,
      "the main graph has a cycle through node 'b'",
    );
    expect(() => order(cyclic, ['self'])).toThrowWithMessage(FormatError, "cycle through node 'self'");
  });

  it('is none where it is not needed, or is cut by what is fed', () => {
    expect(order(cyclic, ['other'])).toEqual(['other']);
    expect(order(cyclic, ['b'], ['c'])).toEqual(['c', 'a', 'b']);
  });
});

it('takes first what the first input needs, where several could come first', () => {
  const graph = graphOf({
    merge: {op: 'Merge', inputs: ['b', 'a']},
    a: {op: 'Const'},
    b: {op: 'Const'},
  });
  const needed = neededNodes(graph, indices(graph, ['merge']), new Set());
  expect([...needed].map((index) => graph.nodes[index]!.name)).toEqual(['merge', 'b', 'a']);
});

it('tells control flow of TensorFlow 1 from that of TensorFlow 2', () => {
  const graph = graphOf({loop: {op: 'While'}, enter: {op: 'RefEnter'}, merge: {op: 'Merge'}});
  expect(isDataflow(graph, indices(graph, ['loop']))).toBe(false);
  expect(isDataflow(graph, indices(graph, ['loop', 'enter']))).toBe(true);
  const ops = ['Switch', 'Merge', 'Enter', 'Exit', 'NextIteration', 'RefSwitch', 'RefNextIteration'];
  expect(ops.every((op) => dataflowRole(op) !== undefined)).toBe(true);
  expect(['While', 'If', 'LoopCond', 'ControlTrigger'].map(dataflowRole)).toEqual(
    new Array(4).fill(undefined),
  );
});
