import {describe, expect, it} from 'vitest';
import type {Attr} from '../../graph/attrs.js';
import {GraphBuilder} from '../../graph/builder.js';
import type {FunctionGraph} from '../../graph/graph.js';
import {parametersOf} from '../../graph/infer.js';
import {printGraph} from '../../graph/print.js';
import {inOnePiece} from '../../host/pieces.js';
import {inferenceOf} from '../../ops/infer.js';
import {assertions} from './assertions.js';
import {dilatedConvolution} from './dilated_convolution.js';
import {paddedConvolution} from './padded_convolution.js';
import {applyPasses, type Pass} from './pass.js';

const NO_FUNCTIONS = {get: () => undefined, names: () => [], gradientOf: () => undefined};

/** The lines of a graph after a pass. */
function linesAfter(pass: Pass, graph: FunctionGraph): string[] {
  const rewritten = inOnePiece(applyPasses(graph, [pass], parametersOf(graph), NO_FUNCTIONS));
  return printGraph(rewritten)
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

const builder = () => new GraphBuilder({rules: inferenceOf});

const text = (value: string): Attr => ({type: 'string', value: new TextEncoder().encode(value)});

const ints = (values: readonly number[]): Attr => ({
  type: 'list',
  value: values.map((value) => ({type: 'int', value})),
});

describe('padded convolutions', () => {
  /** A convolution of an image with zeros around it. */
  function padded(paddings: readonly number[], padding: string): FunctionGraph {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [null, 8, 8, 3]});
    const filter = graph.parameter('filter', 'float32', {shape: [3, 3, 3, 4]});
    const pads = graph.constant({dtype: 'int32', shape: [4, 2], data: Int32Array.from(paddings)});
    const y = graph.op('Conv2D', [graph.op('Pad', [x, pads]), filter], {
      strides: ints([1, 2, 2, 1]),
      padding: text(padding),
    });
    return graph.finish('f', [{name: 'y', operand: y}], []);
  }

  it('take the zeros over', () => {
    const lines = linesAfter(paddedConvolution, padded([0, 0, 1, 0, 0, 2, 0, 0], 'VALID'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Conv2D\/Conv2D: float32 = Conv2D\(x, filter\)/);
    expect(lines[0]).toContain('padding: "EXPLICIT"');
    expect(lines[0]).toContain('explicit_paddings: [0, 0, 1, 0, 0, 2, 0, 0]');
  });

  it.each([
    ['around the batch', [1, 0, 1, 1, 1, 1, 0, 0], 'VALID'],
    ['around the channels', [0, 0, 1, 1, 1, 1, 0, 1], 'VALID'],
    ['beside padding of its own', [0, 0, 1, 1, 1, 1, 0, 0], 'SAME'],
  ])('leave zeros %s', (_, paddings, padding) => {
    const graph = padded(paddings, padding);
    const untouched = linesAfter({name: 'nothing', rules: {}}, graph);
    expect(linesAfter(paddedConvolution, graph)).toEqual(untouched);
  });
});

describe('dilated convolutions', () => {
  interface Divided {
    readonly op?: string;
    readonly size?: number | null;
    readonly divisions?: readonly number[];
    readonly paddings?: readonly number[];
    readonly crops?: readonly number[];
    readonly padding?: string;
    readonly strides?: readonly number[];
  }

  /** A convolution of the parts of an image, each with every second pixel. */
  function divided({
    op = 'Conv2D',
    size = 9,
    divisions = [2, 2],
    paddings = [2, 3, 2, 3],
    crops = [0, 1, 0, 1],
    padding = 'VALID',
    strides = [1, 1, 1, 1],
  }: Divided): FunctionGraph {
    const graph = builder();
    const x = graph.parameter('x', 'float32', {shape: [null, size, 9, 3]});
    const filter = graph.parameter('filter', 'float32', {shape: [3, 3, 3, 4]});
    const constant = (shape: readonly number[], values: readonly number[]) =>
      graph.constant({dtype: 'int32', shape, data: Int32Array.from(values)});
    const parts = graph.op('SpaceToBatchND', [x, constant([2], [2, 2]), constant([2, 2], paddings)]);
    const convolved = graph.op(op, [parts, filter], {strides: ints(strides), padding: text(padding)});
    const y = graph.op('BatchToSpaceND', [convolved, constant([2], divisions), constant([2, 2], crops)]);
    return graph.finish('f', [{name: 'y', operand: y}], []);
  }

  it.each(['Conv2D', 'DepthwiseConv2dNative'])('take the place of divided ones: %s', (op) => {
    const lines = linesAfter(dilatedConvolution, divided({op}));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`${op}(x, filter)`);
    expect(lines[0]).toContain('dilations: [1, 2, 2, 1]');
    expect(lines[0]).toContain('explicit_paddings: [0, 0, 2, 2, 2, 2, 0, 0]');
  });

  it.each<[string, Divided]>([
    ['of which more is cut off than was put around', {paddings: [0, 1, 2, 3], crops: [1, 0, 0, 1]}],
    ['that are put together otherwise', {divisions: [4, 1]}],
    ['that are padded', {padding: 'SAME'}],
    ['that skip pixels', {strides: [1, 2, 2, 1]}],
    ['of images that cannot be divided', {size: 8}],
    ['of images of unknown size', {size: null}],
  ])('leave those %s', (_, spec) => {
    const lines = linesAfter(dilatedConvolution, divided(spec));
    expect(lines.some((line) => line.includes('SpaceToBatchND'))).toBe(true);
    expect(lines.some((line) => line.includes('BatchToSpaceND'))).toBe(true);
  });
});

describe('assertions', () => {
  it('are left out where they are known to hold', () => {
    const graph = builder();
    const x = graph.parameter('x', 'bool', {shape: []});
    const holds = graph.statement('Assert', [graph.scalar('bool', true), [graph.scalar('int32', 1)]]);
    const open = graph.statement('Assert', [x, [graph.scalar('int32', 2)]], {}, {name: 'open'});
    const fails = graph.statement('Assert', [graph.scalar('bool', false), [x]], {}, {name: 'fails'});
    const made = graph.finish('f', [{name: 'y', operand: x}], [holds, open, fails]);
    const lines = linesAfter(assertions, made).filter((line) => line.includes('= Assert('));
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['open', 'fails']);
  });
});
