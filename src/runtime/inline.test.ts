import {describe, expect, it} from 'vitest';
import type {Attr} from '../graph/attrs.js';
import type {FunctionGraph} from '../graph/graph.js';
import {knownConstant} from '../graph/known.js';
import {type InlineOptions, inlineCalls} from './inline.js';
import {functionRequest} from './schedule.js';
import {type FunctionSpec, functionOf} from './testing/graphs.js';

const func = (name: string): Attr => ({type: 'func', value: {name, attrs: new Map()}});
const bool = (value: boolean): Attr => ({
  type: 'tensor',
  value: {dtype: 'bool', shape: [], data: Uint8Array.of(Number(value))},
});
const index = (value: number): Attr => ({
  type: 'tensor',
  value: {dtype: 'int32', shape: [], data: Int32Array.of(value)},
});

const ONE_FLOAT: Attr = {type: 'list', value: [{type: 'type', value: 'float32'}]};

/** A function of one tensor that is one op. */
const single = (op: string): FunctionSpec => ({
  parameters: {a: 'float32'},
  nodes: {result: {op, inputs: ['a']}},
  results: ['result'],
});

const LIBRARY: Readonly<Record<string, FunctionSpec>> = {
  negate: single('Neg'),
  absolute: single('Abs'),
  square: single('Square'),
  asserts: {...single('Assert'), results: ['a'], controlResults: ['result']},
  switches: {
    parameters: {a: 'float32', training: 'bool'},
    nodes: {
      branch: {op: 'Switch', inputs: ['a', 'training']},
      trained: {op: 'Neg', inputs: ['branch:1']},
      result: {op: 'Merge', inputs: ['branch:0', 'trained']},
    },
    results: ['result'],
  },
};

const functions = new Map(Object.entries(LIBRARY).map(([name, spec]) => [name, functionOf(name, spec)]));

const library = {
  get: (name: string): FunctionGraph | undefined => functions.get(name),
  names: () => [...functions.keys()],
  gradientOf: () => undefined,
};

/** The ops that run, in the place of what calls functions. */
function ops(spec: FunctionSpec, options?: InlineOptions): string[] {
  const outer = functionOf('f', spec);
  const whole = inlineCalls(
    {graph: outer, request: functionRequest(outer)},
    outer.parameters,
    library,
    options,
  );
  return whole.nodes.map(({op}) => op).filter((op) => op !== '_Arg' && op !== 'Const');
}

const conditional = (op: string, condition: Attr | undefined): FunctionSpec => ({
  parameters: {x: 'float32', given: 'bool'},
  nodes: {
    constant: {op: 'Const', attrs: {...(condition && {value: condition})}},
    preset: {op: 'PlaceholderWithDefault', inputs: [condition === undefined ? 'given' : 'constant']},
    y: {
      op,
      inputs: ['preset', 'x'],
      attrs: {
        then_branch: func('negate'),
        else_branch: func('absolute'),
        Tout: ONE_FLOAT,
        branches: {type: 'list', value: ['negate', 'absolute', 'square'].map(func)},
      } as Record<string, Attr>,
    },
  },
  results: ['y'],
});

describe('a branch', () => {
  it.each(['If', 'StatelessIf'])('that is taken whatever is given stands in the place of %s', (op) => {
    expect(ops(conditional(op, bool(true)))).toEqual(['PlaceholderWithDefault', 'Neg']);
    expect(ops(conditional(op, bool(false)))).toEqual(['PlaceholderWithDefault', 'Abs']);
    expect(ops(conditional(op, index(3)))).toEqual(['PlaceholderWithDefault', 'Neg']);
    expect(ops(conditional(op, undefined))).toEqual(['PlaceholderWithDefault', op]);
  });

  it.each(['Case', 'StatelessCase'])('that is taken whatever is given stands in the place of %s', (op) => {
    for (const [at, expected] of [
      [0, 'Neg'],
      [2, 'Square'],
      [3, 'Square'],
      [-1, 'Square'],
    ] as const) {
      expect(ops(conditional(op, index(at)))).toEqual(['PlaceholderWithDefault', expected]);
    }
    expect(ops(conditional(op, undefined))).toEqual(['PlaceholderWithDefault', op]);
  });

  it('may be known from what is fed in every call', () => {
    const known = (value: boolean) =>
      knownConstant({dtype: 'bool', shape: [], data: Uint8Array.of(Number(value))});
    const spec = conditional('If', undefined);
    expect(ops(spec, {args: [undefined, known(true)]})).toEqual(['PlaceholderWithDefault', 'Neg']);
    expect(ops(spec, {args: [undefined, known(false)]})).toEqual(['PlaceholderWithDefault', 'Abs']);
  });
});

describe('a function that is called', () => {
  const calling = (name: string, inputs: readonly string[], condition?: Attr): FunctionSpec => ({
    parameters: {x: 'float32', given: 'bool'},
    nodes: {
      constant: {op: 'Const', attrs: {...(condition && {value: condition})}},
      y: {op: 'PartitionedCall', inputs, attrs: {f: func(name), Tout: ONE_FLOAT}},
    },
    results: ['y'],
  });

  it('has its effects where all is to run, and where somebody waits for them', () => {
    const spec = calling('asserts', ['x']);
    expect(ops(spec)).toEqual(['Assert']);
    const outer = functionOf('f', spec);
    const request = functionRequest(outer);
    const controls = (options?: InlineOptions) =>
      inlineCalls({graph: outer, request}, outer.parameters, library, options).controlResults.length;
    expect([controls(), controls({keepsEffects: true})]).toEqual([0, 1]);
  });

  it('has no switches left where it is called with constants', () => {
    const inputs = ['x', 'constant'];
    expect(ops(calling('switches', inputs, bool(true)))).toEqual(['Neg']);
    expect(ops(calling('switches', inputs, bool(false)))).toEqual([]);
    expect(ops(calling('switches', ['x', 'given']))).toEqual(['PartitionedCall']);
  });
});
