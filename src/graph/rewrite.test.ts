import {describe, expect, it} from 'vitest';
import {FormatError} from '../errors.js';
import {inferenceOf} from '../ops/infer.js';
import {AttrValue, DataType, encodeMessage, GraphDef, makeMessage, NodeDef} from '../proto/index.js';
import {GraphBuilder} from './builder.js';
import type {FunctionGraph} from './graph.js';
import {inferGraph, parametersOf} from './infer.js';
import {printGraph} from './print.js';
import {readGraph} from './read_graph.js';
import {type RewriteTable, rewriteGraph} from './rewrite.js';

/** `(x - y) * -(x - y)`, printed on the way. */
function example(): FunctionGraph {
  const graph = new GraphBuilder();
  const [x, y] = [graph.parameter('x', 'float32', {shape: [null, 3]}), graph.parameter('y', 'float32')];
  const difference = graph.op('Sub', [x, y]);
  const printed = graph.statement('PrintV2', [graph.op('AsString', [difference])]);
  const product = graph.op('Mul', [difference, graph.op('Neg', [difference])]);
  return graph.finish('f', [{name: 'product', operand: product}], [printed]);
}

/** A loop of TensorFlow 1 that counts to ten. */
function loop() {
  const node = (name: string, op: string, input: string[], attrs: Record<string, AttrValue['value']> = {}) =>
    makeMessage(NodeDef, {
      name,
      op,
      input,
      attr: new Map(
        Object.entries(attrs).map(([key, value]) => [
          key,
          encodeMessage(AttrValue, makeMessage(AttrValue, {value})),
        ]),
      ),
    });
  const type = (value: DataType): AttrValue['value'] => ({$case: 'type', value});
  const T = {T: type(DataType.DT_INT32)};
  const placeholder = (name: string) => node(name, 'Placeholder', [], {dtype: type(DataType.DT_INT32)});
  const frame = {$case: 's', value: new TextEncoder().encode('loop')} as const;
  return readGraph(
    makeMessage(GraphDef, {
      node: [
        placeholder('start'),
        placeholder('ten'),
        placeholder('one'),
        node('enter', 'Enter', ['start'], {...T, frame_name: frame}),
        node('merge', 'Merge', ['enter', 'next'], {...T, N: {$case: 'i', value: 2n}}),
        node('less', 'Less', ['merge', 'ten'], T),
        node('cond', 'LoopCond', ['less']),
        node('switch', 'Switch', ['merge', 'cond'], T),
        node('add', 'AddV2', ['switch:1', 'one'], T),
        node('next', 'NextIteration', ['add'], T),
        node('exit', 'Exit', ['switch'], T),
      ],
    }),
  );
}

const text = (graph: Parameters<typeof printGraph>[0]) => printGraph(graph).split('\n').slice(1).join('\n');

describe('a graph is rewritten', () => {
  it('by what rules build in the place of nodes', () => {
    const rules: RewriteTable = {
      Sub: ({graph, inputs: [x, y]}) => [graph.op('AddV2', [x!, graph.op('Neg', [y!])])],
    };
    expect(text(rewriteGraph(example(), rules))).toBe(
      [
        '  AsString: string = AsString(Sub/AddV2)',
        '  PrintV2 = PrintV2(AsString)',
        '  Neg: float32 = Neg(Sub/AddV2)',
        '  Mul: float32 = Mul(Sub/AddV2, Neg)',
        '  Sub/Neg: float32 = Neg(y)',
        '  Sub/AddV2: float32 = AddV2(x, Sub/Neg)',
        '  return product = Mul',
        '  return ^PrintV2',
      ].join('\n'),
    );
  });

  it('by what is there already, and by what is made of the node itself', () => {
    const rules: RewriteTable = {
      Neg: ({inputs}) => inputs,
      Mul: ({graph, node, operand}) => [graph.op('Square', [operand(node.inputs[0]!)])],
    };
    const twice: RewriteTable = {
      Sub: ({graph, inputs}) => [graph.op('Neg', [graph.op('Sub', inputs)])],
    };
    expect(text(rewriteGraph(example(), rules))).toContain('Mul/Square: float32 = Square(Sub)');
    expect(text(rewriteGraph(example(), twice))).toContain('Sub/Neg: float32 = Neg(Sub/Sub)');
  });

  it('by nobody where no rule applies, or none has anything to do', () => {
    const graph = example();
    expect(rewriteGraph(graph, {Conv2D: () => []})).toBe(graph);
    expect(rewriteGraph(graph, {Sub: () => undefined})).toBe(graph);
    expect(graph.nodes.map(({name}) => name)).toEqual(['x', 'y', 'Sub', 'AsString', 'PrintV2', 'Neg', 'Mul']);
  });

  it('through a loop, by what comes before and after its turn', () => {
    const rules: RewriteTable = {
      AddV2: ({graph, inputs: [x, y]}) => [graph.op('Sub', [x!, graph.op('Neg', [y!])])],
      Merge: ({graph, node, operand}) => {
        expect(node.inputs).toHaveLength(2);
        expect(graph.idOf(operand(node.inputs[1]!))).toBe('next:0');
        return undefined;
      },
    };
    const rewritten = rewriteGraph(loop(), rules);
    expect(text(rewritten)).toContain('  next: int32 = NextIteration(add/Sub)');
    expect(text(rewritten)).toContain('  add/Sub: int32 = Sub(switch:1, add/Neg)');
    expect(rewritten.find('add')).toBeDefined();
  });

  it('with what is known of its tensors', () => {
    const graph = example();
    const known = inferGraph(graph, {rules: inferenceOf, given: parametersOf(graph)});
    const shapes: unknown[] = [];
    const rules: RewriteTable = {
      Neg: ({graph: built, inputs: [x]}) => {
        const [made] = built.node('Sum', [x!, built.ints([0])], {keep_dims: true});
        shapes.push(x!.shape, made!.shape);
        return undefined;
      },
    };
    rewriteGraph(graph, rules, {known, inference: inferenceOf});
    expect(shapes).toEqual([null, null]);
    const matrix = [{endpoint: {node: 0, output: 0}, known: {dtype: 'float32', shape: [2, 3]} as const}];
    const like = matrix.map(({known: each}) => ({endpoint: {node: 1, output: 0}, known: each}));
    const all = inferGraph(graph, {rules: inferenceOf, given: [...matrix, ...like]});
    rewriteGraph(graph, rules, {known: all, inference: inferenceOf});
    expect(shapes.slice(2)).toEqual([
      [2, 3],
      [1, 3],
    ]);
  });
});

it('a rule that gives another number of outputs is an error', () => {
  expect(() => rewriteGraph(example(), {Neg: () => []})).toThrowWithMessage(
    FormatError,
    "the rule for Neg gives 0 outputs for 'Neg', which has 1",
  );
});
