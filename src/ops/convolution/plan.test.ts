import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {CallError} from '../../errors.js';
import {type Attr, Attrs} from '../../graph/attrs.js';
import type {OpNode} from '../../graph/graph.js';
import {CONV2D, convolutionPlan, DEPTHWISE, pooledChannels, poolPlan, windowsOf} from './plan.js';

function nodeOf(attrs: Readonly<Record<string, string | number[]>>, op = 'Conv2D'): OpNode {
  const attrOf = (value: string | number[] | undefined): Attr | undefined => {
    if (value === undefined) return undefined;
    return typeof value === 'string'
      ? {type: 'string', value: encodeUtf8(value)}
      : {type: 'list', value: value.map((each) => ({type: 'int', value: each}))};
  };
  return {name: op, op, attrs: new Attrs((name) => attrOf(attrs[name]), op)};
}

const SAME = nodeOf({padding: 'SAME', data_format: 'NHWC', strides: [1, 2, 2, 1]});
const VALID = nodeOf({padding: 'VALID', data_format: 'NHWC', strides: [1, 2, 2, 1]});

describe('windows', () => {
  const along = (node: OpNode, input: number | null, size: number | null, stride: number | null) =>
    windowsOf({inputs: [input], sizes: [size], strides: [stride]}, node)[0]!;

  it('fit into the input where it is not padded', () => {
    // Windows of 3 at 0 and 2 of 0, 1, ..., 5.
    expect(along(VALID, 6, 3, 2)).toMatchObject({before: 0, after: 0, output: 2});
  });

  it('are padded to one at each stride, the odd element after', () => {
    // Windows of 3 at 0, 2 and 4: the last one needs one element more than there are.
    expect(along(SAME, 6, 3, 2)).toMatchObject({before: 0, after: 1, output: 3});
    expect(along(SAME, 5, 3, 2)).toMatchObject({before: 1, after: 1, output: 3});
  });

  it('are as many as strides where they are padded, however large they are', () => {
    expect(along(SAME, 6, null, 2)).toMatchObject({before: null, after: null, output: 3});
    expect(along(VALID, 6, null, 2).output).toBeNull();
    expect(along(VALID, null, 3, 2)).toMatchObject({before: 0, output: null});
  });

  it('are padded as the node says, in the axes of the data format', () => {
    const node = nodeOf({
      padding: 'EXPLICIT',
      explicit_paddings: [0, 0, 0, 0, 1, 2, 0, 0],
      data_format: 'NCHW',
    });
    expect(along(node, 4, 3, 1)).toMatchObject({before: 1, after: 2, output: 5});
  });

  it('have sizes and strides', () => {
    expect(() => along(VALID, 6, 3, 0)).toThrow(CallError);
    expect(() => along(VALID, null, 0, null)).toThrow(CallError);
  });
});

describe('a convolution', () => {
  it('has as many channels as filters, or as filters for each channel', () => {
    expect(convolutionPlan(CONV2D, [8, 6, 6, 4], [3, 3, 4, 5], SAME).y).toEqual([8, 3, 3, 5]);
    expect(convolutionPlan(DEPTHWISE, [8, 6, 6, 4], [3, 3, 4, 5], SAME).y).toEqual([8, 3, 3, 20]);
  });

  it('is planned with what is known', () => {
    const {y} = convolutionPlan<number | null>(CONV2D, [null, 6, null, 4], [3, 3, 4, null], SAME);
    expect(y).toEqual([null, 3, null, null]);
  });

  it('may have groups of channels where there is no filter for each', () => {
    const plan = (kind: typeof CONV2D) => convolutionPlan(kind, [1, 6, 6, 4], [3, 3, 2, 6], SAME).y;
    expect(plan(CONV2D)).toEqual([1, 3, 3, 6]);
    expect(() => plan(DEPTHWISE)).toThrow(CallError);
  });
});

describe('a pooling', () => {
  it('keeps batch and channels', () => {
    const windows = {ksize: [1, 3, 3, 1], strides: [1, 2, 2, 1]};
    expect(poolPlan([2, 6, 7, 4], windows, VALID).y).toEqual([2, 2, 3, 4]);
  });

  it('may be one of neighbouring channels', () => {
    const windows = {ksize: [1, 1, 1, 2], strides: [1, 1, 1, 2]};
    const node = nodeOf({data_format: 'NHWC'}, 'MaxPool');
    expect(pooledChannels([2, 6, 7, 4], windows, node)).toBe(2);
    expect(pooledChannels([2, 6, 7, null], windows, node)).toBeNull();
    expect(() => pooledChannels([2, 6, 7, 5], windows, node)).toThrow(CallError);
  });
});
