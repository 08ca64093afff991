import {describe, expect, it} from 'vitest';
import type {OnnxNode} from '../onnx/graph.js';
import {withBiases} from './biased_convolutions.js';

const node = (text: string, attrs: OnnxNode['attrs'] = {}): OnnxNode => {
  const [, output, op, inputs] = /^(\w+) = (\w+)\((.*)\)$/.exec(text)!;
  return {op: op!, domain: '', inputs: inputs!.split(', '), outputs: [output!], attrs};
};

const print = (nodes: readonly OnnxNode[]): string[] =>
  nodes.map(({op, inputs, outputs}) => `${outputs} = ${op}(${inputs.join(', ')})`);

const LAST = {perm: [0, 2, 3, 1]};

/** A convolution, its result with the channels last, and what is added to that. */
const nodes = (sum = 'z = Add(y, bias)', order = LAST, extra: readonly OnnxNode[] = []): OnnxNode[] => [
  node('c = Conv(x, filter)'),
  node('y = Transpose(c)', order),
  node(sum),
  ...extra,
];

const SHAPES: Readonly<Record<string, readonly (number | null)[]>> = {
  bias: [8],
  one: [1],
  matrix: [8, 8],
  x: [8],
  y: [null, 5, 5, 8],
};

const biased = (given: readonly OnnxNode[], results: readonly string[] = ['z']): string[] =>
  print(
    withBiases(given, new Set(results), {
      shapeOf: (name) => SHAPES[name],
      isGiven: (name) => name !== 'x',
    }),
  );

describe('a bias', () => {
  it('goes into the convolution', () => {
    const expected = ['c = Conv(x, filter, bias)', 'z = Transpose(c)'];
    expect(biased(nodes())).toEqual(expected);
    expect(biased(nodes('z = Add(bias, y)'))).toEqual(expected);
  });

  it('of several convolutions goes into each', () => {
    const second = [node('d = Conv(z, other)'), node('w = Transpose(d)', LAST), node('v = Relu(w)')];
    expect(biased(nodes(undefined, undefined, second), ['v'])).toEqual([
      'c = Conv(x, filter, bias)',
      'z = Transpose(c)',
      'd = Conv(z, other)',
      'w = Transpose(d)',
      'v = Relu(w)',
    ]);
  });

  it.each([
    ['is not there before all nodes', nodes('z = Add(y, x)')],
    ['would be stretched', nodes('z = Add(y, one)')],
    ['is no vector', nodes('z = Add(y, matrix)')],
    ['has an unknown size', nodes('z = Add(y, unknown)')],
    ['is the result itself', nodes('z = Add(y, y)')],
    ['is subtracted', nodes('z = Sub(y, bias)')],
    ['is added to another axis than that of the channels', nodes(undefined, {perm: [0, 1, 3, 2]})],
    ['is added to what others read, too', nodes(undefined, undefined, [node('w = Neg(y)')])],
  ])('stays where it is that %s', (_, given) => {
    expect(biased(given)).toEqual(print(given));
  });

  it('stays where the results in between are results', () => {
    for (const between of ['c', 'y']) expect(biased(nodes(), ['z', between])).toEqual(print(nodes()));
  });

  it('is not given to who has one', () => {
    const [, turned, sum] = nodes();
    const given = [node('c = Conv(x, filter, other)'), turned!, sum!];
    expect(biased(given)).toEqual(print(given));
  });
});
