import {describe, expect, it} from 'vitest';
import type {Attr} from '../graph/attrs.js';
import {knownConstant} from '../graph/known.js';
import {neededFor, topologicalOrder} from './schedule.js';
import {withoutSwitches} from './static_switches.js';
import {endpoint, graphOf, type NodeSpec} from './testing/graphs.js';

const bool = (value: boolean): NodeSpec => ({
  op: 'Const',
  attrs: {
    dtype: {type: 'type', value: 'bool'},
    value: {type: 'tensor', value: {dtype: 'bool', shape: [], data: Uint8Array.of(Number(value))}},
  },
});

interface Asked {
  readonly feeds?: readonly string[];
  readonly fetches?: readonly string[];
  readonly targets?: readonly string[];
  readonly args?: readonly (boolean | undefined)[];
}

/** What is left of a graph, a line for each node that runs; undefined where it cannot be decided. */
function left(
  specs: Readonly<Record<string, NodeSpec>>,
  {feeds = ['x'], fetches = ['y'], targets = [], args = []}: Asked = {},
): string[] | undefined {
  const graph = graphOf(specs);
  const decided = withoutSwitches(
    graph,
    {
      feeds: feeds.map((each) => endpoint(graph, each)),
      fetches: fetches.map((each) => endpoint(graph, each)),
      targets: targets.map((each) => graph.find(each)!),
    },
    args.map((value) =>
      value === undefined
        ? undefined
        : knownConstant({dtype: 'bool', shape: [], data: Uint8Array.of(Number(value))}),
    ),
  );
  if (decided === undefined) return undefined;
  const {nodes} = decided.graph;
  const needed = neededFor(decided.graph, decided.request);
  const fed = new Set(decided.request.feeds.map(({node}) => node));
  const name = (node: number) => nodes[node]!.name;
  return [
    ...topologicalOrder(decided.graph, needed, fed).flatMap((index) => {
      const {op, inputs, controls} = nodes[index]!;
      if (fed.has(index)) return [];
      const read = inputs.map(({node, output}) => (output === 0 ? name(node) : `${name(node)}:${output}`));
      return `${name(index)} = ${op}(${[...read, ...controls.map((each) => `^${name(each)}`)].join(', ')})`;
    }),
    ...decided.request.fetches.map(({node}) => `give ${name(node)}`),
  ];
}

/** `training ? Neg(x) : Abs(x)`, as TensorFlow 1 has it. */
const conditional = (predicate: Readonly<Record<string, NodeSpec>>): Record<string, NodeSpec> => ({
  x: {op: 'Placeholder'},
  ...predicate,
  pivot: {op: 'Switch', inputs: ['training', 'training']},
  off: {op: 'Identity', inputs: ['pivot:0']},
  on: {op: 'Identity', inputs: ['pivot:1']},
  switch: {op: 'Switch', inputs: ['x', 'training']},
  two: {op: 'Const', inputs: ['^on']},
  product: {op: 'Mul', inputs: ['switch:1', 'two']},
  one: {op: 'Const', inputs: ['^off']},
  sum: {op: 'AddV2', inputs: ['switch:0', 'one']},
  merge: {op: 'Merge', inputs: ['sum', 'product']},
  y: {op: 'Relu', inputs: ['merge']},
});

const NOT_TAKEN = ['one = Const(^off)', 'sum = AddV2(x, one)', 'y = Relu(sum)', 'give y'];
const TAKEN = ['two = Const(^on)', 'product = Mul(x, two)', 'y = Relu(product)', 'give y'];

const withoutPivot = (lines: readonly string[] | undefined): string[] | undefined =>
  lines?.filter((line) => !/^(training|preset|off|on) = /.test(line));

describe('a condition that is a constant', () => {
  it('leaves one branch', () => {
    expect(left(conditional({training: bool(false)}))).toEqual([
      'training = Const()',
      'off = Identity(training)',
      ...NOT_TAKEN,
    ]);
    expect(withoutPivot(left(conditional({training: bool(true)})))).toEqual(TAKEN);
  });

  it('may have a placeholder that nobody feeds', () => {
    const training = {preset: bool(false), training: {op: 'PlaceholderWithDefault', inputs: ['preset']}};
    expect(withoutPivot(left(conditional(training)))).toEqual(NOT_TAKEN);
    expect(left(conditional(training), {feeds: ['x', 'training']})).toBeUndefined();
    for (const [value, expected] of [
      [true, TAKEN],
      [false, NOT_TAKEN],
    ] as const) {
      const lines = left(conditional(training), {feeds: ['x', 'training'], args: [undefined, value]});
      expect(withoutPivot(lines)).toEqual(expected);
    }
  });

  it('may be within another one, also where that is not reached', () => {
    const nested = (outer: boolean): Record<string, NodeSpec> => ({
      x: {op: 'Placeholder'},
      condition: {op: 'Less', inputs: ['x', 'x']},
      training: bool(outer),
      outer: {op: 'Switch', inputs: ['x', 'training']},
      inside: {op: 'Switch', inputs: ['condition', 'training']},
      inner: {op: 'Switch', inputs: ['outer:1', 'inside:1']},
      a: {op: 'Neg', inputs: ['inner:1']},
      b: {op: 'Abs', inputs: ['inner:0']},
      either: {op: 'Merge', inputs: ['a', 'b']},
      y: {op: 'Merge', inputs: ['outer:0', 'either']},
    });
    expect(left(nested(false))).toEqual(['give x']);
    expect(left(nested(true))).toBeUndefined();
  });

  it('may decide about references', () => {
    const specs: Record<string, NodeSpec> = {
      x: {op: 'Placeholder'},
      training: bool(true),
      variable: {op: 'VariableV2'},
      before: {op: 'Assign', inputs: ['variable', 'x']},
      switch: {op: 'RefSwitch', inputs: ['variable', 'training', '^before']},
      trained: {op: 'AssignAdd', inputs: ['switch:1', 'x']},
      read: {op: 'Identity', inputs: ['switch:0']},
      y: {op: 'RefMerge', inputs: ['read', 'trained']},
    };
    // What came after the switch comes after what that waited for.
    expect(left(specs)).toEqual([
      'variable = VariableV2()',
      'before = Assign(variable, x)',
      'trained = AssignAdd(variable, x, ^before)',
      'give trained',
    ]);
  });

  it('takes away the effects of what does not run, and those alone', () => {
    const specs = {
      ...conditional({training: bool(false)}),
      trained: {op: 'Assert', inputs: ['switch:1']},
      used: {op: 'Assert', inputs: ['switch:0']},
      group: {op: 'NoOp', inputs: ['^merge', '^used']},
    };
    expect(withoutPivot(left(specs, {fetches: [], targets: ['trained', 'used']}))).toEqual([
      'used = Assert(x)',
    ]);
    // What waits for a merge waits for what came to it.
    expect(withoutPivot(left(specs, {fetches: [], targets: ['group']}))).toEqual([
      'one = Const(^off)',
      'sum = AddV2(x, one)',
      'used = Assert(x)',
      'group = NoOp(^sum, ^used)',
    ]);
    expect(withoutPivot(left(specs, {fetches: [], targets: ['merge']}))).toEqual([
      'one = Const(^off)',
      'sum = AddV2(x, one)',
    ]);
  });
});

describe('the interpreter decides', () => {
  it.each<[string, Record<string, NodeSpec>, Asked]>([
    ['what is computed', conditional({training: {op: 'Less', inputs: ['x', 'x']}}), {}],
    ['what is fed', conditional({training: {op: 'Placeholder'}}), {feeds: ['x', 'training']}],
    ['a vector', conditional({training: {...bool(true), attrs: {value: vector()}}}), {}],
    ['what never comes', conditional({training: bool(false)}), {fetches: ['product']}],
    ['which input came', conditional({training: bool(false)}), {fetches: ['merge:1']}],
    [
      'which of two inputs comes first',
      {x: {op: 'Placeholder'}, z: {op: 'Neg', inputs: ['x']}, y: {op: 'Merge', inputs: ['x', 'z']}},
      {},
    ],
    ['when a loop ends', {x: {op: 'Placeholder'}, y: {op: 'Enter', inputs: ['x']}}, {}],
  ])('%s', (_, specs, asked) => {
    expect(left(specs, asked)).toBeUndefined();
  });
});

function vector(): Attr {
  return {type: 'tensor', value: {dtype: 'bool', shape: [1], data: Uint8Array.of(1)}};
}
