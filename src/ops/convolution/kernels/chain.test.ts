import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Attr} from '../../../graph/attrs.js';
import {sizeOf} from '../../../host/tensor.js';
import {Runtime} from '../../../runtime/runtime.js';
import {endpoint, graphOf, libraryOf, type NodeSpec} from '../../../runtime/testing/graphs.js';
import {Value} from '../../../tensors/value.js';
import {useBackend} from '../../testing/op_cases.js';
import {Variable} from '../../variable/variable.js';

const FLOAT: Attr = {type: 'type', value: 'float32'};
const text = (value: string): Attr => ({type: 'string', value: new TextEncoder().encode(value)});
const ints = (...values: number[]): Attr => ({
  type: 'list',
  value: values.map((value) => ({type: 'int', value: BigInt(value)})) as never,
});

/** Numbers around zero, in no order. */
function numbers(shape: readonly number[], seed: number): Float32Array {
  return Float32Array.from({length: sizeOf(shape)}, (_, i) => Math.sin(i * 12.9898 + seed) * 2);
}

const constant = (shape: number[], data: Float32Array | Int32Array): NodeSpec => ({
  op: 'Const',
  attrs: {
    dtype: {type: 'type', value: data instanceof Int32Array ? 'int32' : 'float32'},
    value: {
      type: 'tensor',
      value: {dtype: data instanceof Int32Array ? 'int32' : 'float32', shape, data},
    } as never,
  },
});

const pairs = (...amounts: number[]): NodeSpec => constant([amounts.length / 2, 2], Int32Array.from(amounts));

interface Convolution {
  readonly op?: string;
  readonly filter?: number[];
  readonly padding?: string;
  readonly strides?: number;
  readonly dilations?: number;
  readonly input?: string;
}

function convolution({op = 'Conv2D', filter = [3, 3, 2, 4], ...more}: Convolution = {}) {
  const {padding = 'SAME', strides = 1, dilations = 1, input = 'x'} = more;
  return {
    filter: constant(filter, numbers(filter, 1)),
    conv: {
      op,
      inputs: [input, 'filter'],
      attrs: {
        T: FLOAT,
        padding: text(padding),
        data_format: text('NHWC'),
        strides: ints(1, strides, strides, 1),
        dilations: ints(1, dilations, dilations, 1),
        explicit_paddings: padding === 'EXPLICIT' ? ints(0, 0, 2, 1, 0, 3, 0, 0) : ints(),
      },
    },
  } satisfies Record<string, NodeSpec>;
}

const bias = (input: string, channels = 4): Record<string, NodeSpec> => ({
  b: constant([channels], numbers([channels], 2)),
  biased: {op: 'BiasAdd', inputs: [input, 'b'], attrs: {T: FLOAT, data_format: text('NHWC')}},
});

const added = (input: string, channels = 4): Record<string, NodeSpec> => ({
  a: constant([1, 1, 1, channels], numbers([channels], 3)),
  sum: {op: 'AddV2', inputs: ['a', input], attrs: {T: FLOAT}},
});

const normalized = (input: string, channels = 4): Record<string, NodeSpec> => ({
  scale: constant([channels], numbers([channels], 4)),
  offset: constant([channels], numbers([channels], 5)),
  mean: constant([channels], numbers([channels], 6)),
  variance: constant([channels], numbers([channels], 7).map(Math.abs)),
  normal: {
    op: 'FusedBatchNormV3',
    inputs: [input, 'scale', 'offset', 'mean', 'variance'],
    attrs: {
      T: FLOAT,
      U: FLOAT,
      epsilon: {type: 'float', value: 1e-3},
      is_training: {type: 'bool', value: false},
      data_format: text('NHWC'),
      exponential_avg_factor: {type: 'float', value: 1},
    },
  },
});

const active = (input: string, op = 'Relu'): Record<string, NodeSpec> => ({
  active: {op, inputs: [input], attrs: {T: FLOAT}},
});

const padded: Record<string, NodeSpec> = {
  paddings: pairs(0, 0, 1, 2, 0, 1, 0, 0),
  padded: {op: 'Pad', inputs: ['x', 'paddings'], attrs: {T: FLOAT}},
};

/** Blocks of `block` x `block` that become the batch, and back behind the convolution. */
const inBlocks = (block: number, [before, after]: number[], crops: number[]): Record<string, NodeSpec> => ({
  block: constant([2], Int32Array.of(block, block)),
  paddings: pairs(before!, after!, before!, after!),
  padded: {op: 'SpaceToBatchND', inputs: ['x', 'block', 'paddings'], attrs: {T: FLOAT}},
  crops: pairs(crops[0]!, crops[1]!, crops[0]!, crops[1]!),
  space: {op: 'BatchToSpaceND', inputs: ['conv', 'block', 'crops'], attrs: {T: FLOAT}},
});

const DEPTHWISE = {op: 'DepthwiseConv2dNative', filter: [3, 3, 2, 2]};

/** Chains by what they are; the result is the last node's. */
const CHAINS: Readonly<Record<string, Readonly<Record<string, NodeSpec>>>> = {
  'an activation': {...convolution(), ...active('conv')},
  'a bias': {...convolution({padding: 'VALID', strides: 2}), ...bias('conv')},
  'a bias and an activation': {...convolution({dilations: 2}), ...bias('conv'), ...active('biased', 'Relu6')},
  'what is added': {...convolution({padding: 'EXPLICIT'}), ...added('conv'), ...active('sum')},
  'what is handed on in between': {
    ...convolution(),
    result: {op: 'Identity', inputs: ['conv'], attrs: {T: FLOAT}},
    ...normalized('result'),
    ...active('normal'),
  },
  'a normalization': {...convolution(), ...normalized('conv')},
  'a bias and a normalization': {
    ...convolution(),
    ...bias('conv'),
    ...normalized('biased'),
    ...active('normal'),
  },
  'a normalization and what is added': {...convolution(), ...normalized('conv'), ...added('normal')},
  'single channels': {...convolution(DEPTHWISE), ...normalized('conv'), ...active('normal', 'Relu6')},
  'single channels with strides': {
    ...convolution({...DEPTHWISE, strides: 2, padding: 'VALID'}),
    ...bias('conv'),
  },
  padding: {...padded, ...convolution({input: 'padded', padding: 'VALID', strides: 2}), ...active('conv')},
  'padding alone': {...padded, ...convolution({...DEPTHWISE, input: 'padded'})},
  'blocks of space': {
    ...inBlocks(2, [2, 3], [0, 1]),
    ...convolution({...DEPTHWISE, input: 'padded', padding: 'VALID'}),
    ...normalized('space'),
    ...active('normal'),
  },
  'blocks of space, padded within': {
    ...inBlocks(3, [4, 1], [3, 0]),
    ...convolution({input: 'padded', padding: 'SAME'}),
    ...bias('space'),
  },
};

/** What is no chain, or is one that has to be computed one by one. */
const NO_CHAINS: typeof CHAINS = {
  'blocks that are cropped by more than they were padded': {
    ...inBlocks(2, [0, 1], [1, 0]),
    ...convolution({...DEPTHWISE, input: 'padded', padding: 'VALID'}),
    ...bias('space'),
  },
  'single channels with strides and dilation': {
    ...convolution({...DEPTHWISE, padding: 'VALID', strides: 2, dilations: 2}),
    ...bias('conv'),
  },
  groups: {...convolution({filter: [3, 3, 1, 4]}), ...active('conv')},
  'a normalization by infinite factors': {
    ...convolution(),
    ...normalized('conv'),
    variance: constant([4], Float32Array.of(1, -1e-3, 1, 1)),
    scale: constant([4], Float32Array.of(1, Number.POSITIVE_INFINITY, 1, 1)),
  },
};

const IMAGE = [2, 7, 7, 2];

/** What a graph gives for an image: its last node alone, or with all the others, which then are computed one by one. */
function run(specs: Readonly<Record<string, NodeSpec>>, isWhole: boolean, image = numbers(IMAGE, 0)) {
  const nodes = {x: {op: 'Placeholder'}, ...specs};
  const last = lastOf(specs);
  const names = Object.keys(nodes).filter((name) => nodes[name as 'x'].op !== 'Const' && name !== 'x');
  const graph = graphOf(nodes);
  const runtime = new Runtime({library: libraryOf({})});
  const fetches = (isWhole ? [last] : [last, ...names]).map((name) => endpoint(graph, name));
  const runnable = runtime.prepare(graph, {feeds: [endpoint(graph, 'x')], fetches, targets: []});
  const x = Value.device(tf.tensor(image, IMAGE)).pin();
  const used = new Set<string>();
  const own = tf.engine().runKernel;
  tf.engine().runKernel = function (this: object, ...args: Parameters<typeof own>) {
    used.add(args[0]);
    return own.apply(this as never, args);
  } as typeof own;
  try {
    return runtime.invoke(runnable, [x], ([result]) => ({
      result: {shape: result!.shape, data: [...result!.numeric()].map(Number), used},
      tensors: [],
    }));
  } finally {
    Reflect.deleteProperty(tf.engine(), 'runKernel');
    x.unpin();
    runtime.dispose();
  }
}

/** The node that no other one reads. */
function lastOf(specs: Readonly<Record<string, NodeSpec>>): string {
  const read = new Set(Object.values(specs).flatMap(({inputs = []}) => inputs));
  return Object.keys(specs).find((name) => !read.has(name))!;
}

describe.each(['cpu', 'wasm'])('a convolution with what stands around it, on the %s backend', (backend) => {
  beforeAll(() => useBackend(backend));

  const isFused = (used: ReadonlySet<string>) => used.has('FusedConv2D') || used.has('FusedDepthwiseConv2D');

  for (const [title, specs] of Object.entries(CHAINS)) {
    const isKernelOfItsOwn = title !== 'padding alone';
    it(`gives what its nodes give one by one: ${title}`, () => {
      const [together, apart] = [run(specs, true), run(specs, false)];
      expect(isFused(together.used)).toBe(true);
      expect(isFused(apart.used)).toBe(false);
      expect(isKernelOfItsOwn || !together.used.has('PadV2')).toBe(true);
      expect(together.shape).toEqual(apart.shape);
      const scale = Math.max(...apart.data.map(Math.abs));
      for (const [i, each] of together.data.entries())
        expect(Math.abs(each - apart.data[i]!)).toBeLessThan(1e-5 * scale);
    });
  }

  for (const [title, specs] of Object.entries(NO_CHAINS)) {
    it(`is computed one by one where it has to be: ${title}`, () => {
      const [together, apart] = [run(specs, true), run(specs, false)];
      expect(isFused(together.used)).toBe(false);
      expect(together.data).toEqual(apart.data);
    });
  }

  it('is computed one by one where somebody else reads what lies between', () => {
    const specs = {...convolution(), ...bias('conv'), ...active('conv')};
    const all = {...specs, total: {op: 'AddV2', inputs: ['biased', 'active'], attrs: {T: FLOAT}}};
    expect(isFused(run(all, true).used)).toBe(false);
  });

  it('says at which of its nodes something is wrong', () => {
    const failing = (specs: Readonly<Record<string, NodeSpec>>): string[] => {
      try {
        run(specs, true);
      } catch (error) {
        return (error as Error).message.split('\n').slice(1);
      }
      return [];
    };
    const deep = {...convolution({filter: [3, 3, 5, 4]}), ...bias('conv'), ...active('biased')};
    expect(failing(deep)).toEqual(["  at node 'conv' (Conv2D) in a graph"]);
    const narrow = {...convolution(), ...bias('conv', 3)};
    expect(failing(narrow)).toEqual(["  at node 'biased' (BiasAdd) in a graph"]);
  });

  it('follows its variables, keeps nothing twice, and has gradients', () => {
    const before = tf.memory().numTensors;
    const variable = (name: string, shape: number[]) => {
      const made = new Variable({name, dtype: 'float32', shape, trainable: true});
      made.assign(Value.host('float32', shape, numbers(shape, name.length)));
      return made;
    };
    const filter = variable('filter', [3, 3, 2, 4]);
    const scale = variable('scale', [4]);
    const handle = {op: 'Placeholder'};
    const read = (from: string): NodeSpec => ({op: 'ReadVariableOp', inputs: [from]});
    const graph = graphOf({
      x: {op: 'Placeholder'},
      h: handle,
      g: handle,
      ...convolution(),
      ...normalized('conv'),
      ...active('normal'),
      filter: read('h'),
      scale: read('g'),
    });
    const runtime = new Runtime({library: libraryOf({})});
    const feeds = ['x', 'h', 'g'].map((name) => endpoint(graph, name));
    const runnable = runtime.prepare(graph, {feeds, fetches: [endpoint(graph, 'active')], targets: []});
    const sum = (x: tf.Tensor): tf.Tensor =>
      runtime.invoke(
        runnable,
        [Value.device(x).pin(), Value.object('resource', filter), Value.object('resource', scale)],
        ([result]) => {
          const total = tf.sum(result!.tensor());
          return {result: total, tensors: [total]};
        },
      );
    const image = tf.tensor(numbers(IMAGE, 0), IMAGE);
    const [f, g] = [filter.face(), scale.face()];
    const called = () => tf.tidy(() => sum(image).dataSync()[0]!);
    const differentiated = () =>
      tf.tidy(() => tf.variableGrads(() => sum(image) as tf.Scalar, [f, g]).value.dataSync()[0]!);
    expect(called()).toBeCloseTo(differentiated(), 2);
    const held = tf.memory().numTensors;
    for (const factor of [2, 3]) {
      tf.tidy(() => f.assign(tf.mul(f, factor)));
      tf.tidy(() => g.assign(tf.add(g, factor)));
      expect(called()).toBeCloseTo(differentiated(), 2);
      expect(tf.memory().numTensors).toBe(held);
    }
    tf.tidy(() => {
      const grads = tf.variableGrads(() => sum(image) as tf.Scalar, [f, g]).grads;
      expect(Object.values(grads).every((each) => each.dataSync().some((x) => x !== 0))).toBe(true);
    });
    image.dispose();
    runtime.dispose();
    filter.dispose();
    scale.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
