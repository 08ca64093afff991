/**
 * Bounds of a call: what would take too much memory is refused before it is allocated, and what takes too long, or is not
 * wanted any more, ends between two ops.
 */

import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import '@tensorflow/tfjs-backend-wasm';
import '../../platform/node.js';
import {CallError} from '../../errors.js';
import {type CallBounds, withinBounds} from '../../host/budget.js';
import {memoryDirectory} from '../../platform/memory.js';
import type {NodeDef} from '../../proto/index.js';
import {tensorBytes} from '../../tfjs/tensor_bounds.js';
import {rawOps} from '../raw/raw_ops.js';
import {attr, constant, type FunctionToMake, makeModelFiles, node} from '../testing/make_model.js';
import {type LoadModelOptions, loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';

const FLOATS = {dtype: 'float32', shape: null} as const;
const X = {name: 'x', ...FLOATS};
const T = {T: attr.type('float32')};
const MEGABYTE = 1e6;

let model: LoadedObject | undefined;

async function load(
  functions: readonly FunctionToMake[],
  options: LoadModelOptions = {},
): Promise<LoadedObject> {
  const files = makeModelFiles({functions, methods: {__call__: functions[0]!.name}});
  model = await loadModel(memoryDirectory(files), options);
  return model;
}

/** `f(x)` of these nodes. */
function functionOf(nodes: readonly NodeDef[], from: string, name = 'f'): FunctionToMake {
  return {name, inputs: [X], nodes, outputs: [{name: 'y', ...FLOATS, from}]};
}

/** Calls the model with a float32 tensor and expects an error that leaves nothing behind. */
function expectRefusal(
  call: LoadedObject,
  words: RegExp,
  bounds: CallBounds = {},
  x: {shape: readonly number[]; data: Float32Array} = {shape: [2], data: new Float32Array(2)},
): void {
  const run = () => call.invoke([{dtype: 'float32', ...x}], {}, bounds);
  expect(run).toThrow(CallError);
  const settled = tf.memory().numTensors;
  expect(run).toThrowWithMessage(CallError, words);
  expect(tf.memory().numTensors, 'tensors left').toBe(settled);
}

afterEach(() => {
  model?.dispose();
  model = undefined;
});

const dims = (name: string, ...values: number[]) => constant(name, 'int32', [values.length], values);
const int = (name: string, value: number) => constant(name, 'int32', [], [value]);
const INTS = {Tidx: attr.type('int32'), Tindices: attr.type('int32'), Tpaddings: attr.type('int32')};

/** Small graphs that ask for more than any machine has, by the op that does. */
const GREEDY: readonly (readonly [string, readonly NodeDef[], string])[] = [
  [
    'Fill',
    [
      dims('d', 2 ** 31 - 1),
      constant('v', 'float32', [], [0]),
      node('big', 'Fill', ['d:output:0', 'v:output:0'], {...T, index_type: attr.type('int32')}),
    ],
    'big:output:0',
  ],
  [
    'OneHot',
    [
      dims('i', 1, 2),
      int('depth', 2 ** 31 - 1),
      constant('on', 'float32', [], [1]),
      constant('off', 'float32', [], [0]),
      node('big', 'OneHot', ['i:output:0', 'depth:output:0', 'on:output:0', 'off:output:0'], {
        ...T,
        TI: attr.type('int32'),
        axis: attr.int(-1),
      }),
    ],
    'big:output:0',
  ],
  [
    'Pad',
    [
      constant('p', 'int32', [1, 2], [0, 2 ** 31 - 1]),
      node('big', 'Pad', ['x', 'p:output:0'], {...T, ...INTS}),
    ],
    'big:output:0',
  ],
  [
    'Tile',
    [
      dims('m', 2 ** 31 - 1),
      node('big', 'Tile', ['x', 'm:output:0'], {...T, Tmultiples: attr.type('int32')}),
    ],
    'big:output:0',
  ],
  [
    'BroadcastTo',
    [dims('s', 2 ** 30, 2), node('big', 'BroadcastTo', ['x', 's:output:0'], {...T, ...INTS})],
    'big:output:0',
  ],
  [
    'Range',
    [
      int('a', 0),
      int('b', 2 ** 31 - 1),
      int('c', 1),
      node('big', 'Range', ['a:output:0', 'b:output:0', 'c:output:0'], INTS),
      node('y', 'Cast', ['big:output:0'], {SrcT: attr.type('int32'), DstT: attr.type('float32')}),
    ],
    'y:y:0',
  ],
  [
    'LinSpace',
    [
      constant('a', 'float32', [], [0]),
      constant('b', 'float32', [], [1]),
      int('n', 2 ** 31 - 1),
      node('big', 'LinSpace', ['a:output:0', 'b:output:0', 'n:output:0'], {...T, ...INTS}),
    ],
    'big:output:0',
  ],
  [
    'ScatterNd',
    [
      constant('i', 'int32', [2, 1], [0, 1]),
      dims('s', 2 ** 31 - 1),
      node('big', 'ScatterNd', ['i:output:0', 'x', 's:output:0'], {...T, ...INTS}),
    ],
    'big:output:0',
  ],
  [
    'UnsortedSegmentSum',
    [
      dims('i', 0, 1),
      int('n', 2 ** 31 - 1),
      node('big', 'UnsortedSegmentSum', ['x', 'i:output:0', 'n:output:0'], {
        ...T,
        ...INTS,
        Tnumsegments: attr.type('int32'),
      }),
    ],
    'big:output:0',
  ],
  [
    'SparseToDense',
    [
      constant('i', 'int32', [2, 1], [0, 1]),
      dims('s', 2 ** 31 - 1),
      constant('v', 'float32', [], [0]),
      node('big', 'SparseToDense', ['i:output:0', 's:output:0', 'x', 'v:output:0'], {...T, ...INTS}),
    ],
    'big:dense:0',
  ],
  [
    'RandomUniform',
    [
      dims('s', 2 ** 31 - 1),
      node('big', 'RandomUniform', ['s:output:0'], {T: attr.type('int32'), dtype: attr.type('float32')}),
    ],
    'big:output:0',
  ],
  [
    'ResizeBilinear',
    [
      dims('image', 1, 1, 2, 1),
      node('i', 'Reshape', ['x', 'image:output:0'], {...T, Tshape: attr.type('int32')}),
      dims('s', 60_000, 60_000),
      node('big', 'ResizeBilinear', ['i:output:0', 's:output:0'], T),
    ],
    'big:resized_images:0',
  ],
  [
    'Empty',
    [dims('s', 2 ** 31 - 1), node('big', 'Empty', ['s:output:0'], {dtype: attr.type('float32')})],
    'big:output:0',
  ],
];

describe.each(['cpu', 'wasm'])('limits.bytes on the %s backend', (backend) => {
  beforeEach(() => tf.setBackend(backend));

  it.each(GREEDY)('refuse what %s would allocate, before it does', async (_, nodes, from) => {
    const call = await load([functionOf(nodes, from)]);
    const before = process.memoryUsage.rss();
    expectRefusal(call, /limits\.bytes[\s\S]*at node 'big'/, {limits: {bytes: 100 * MEGABYTE}});
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEGABYTE);
  });

  it('have a default that is a share of the memory', async () => {
    const [, nodes, from] = GREEDY.find(([op]) => op === 'BroadcastTo')!;
    // 2^43 bytes of rows.
    const rows = nodes.map((each) => (each.name === 's' ? dims('s', 2 ** 30, 2 ** 10, 2) : each));
    expectRefusal(await load([functionOf(rows, from)]), /limits\.bytes/);
  });

  it('end a chain of doublings', async () => {
    const doublings = Array.from({length: 40}, (_, i) => {
      const input = i === 0 ? 'x' : `n${i - 1}:output:0`;
      return node(`n${i}`, 'ConcatV2', [input, input, 'axis:output:0'], {...T, ...INTS, N: attr.int(2)});
    });
    const call = await load([functionOf([int('axis', 0), ...doublings], 'n39:output:0')]);
    expectRefusal(call, /limits\.bytes[\s\S]*at node 'n15'/, {limits: {bytes: MEGABYTE}});
  });

  it('count what a call holds at one time, and not what it has freed', async () => {
    const size = 50_000;
    const x = {dtype: 'float32', shape: [size], data: new Float32Array(size).fill(1)} as const;
    const chain = Array.from({length: 100}, (_, i) =>
      node(`n${i}`, 'AddV2', [i === 0 ? 'x' : `n${i - 1}:z:0`, 'x'], T),
    );
    const call = await load([functionOf(chain, 'n99:z:0')]);
    // The argument on the host and on the backend, what was computed last, and what is being computed.
    const limits = {bytes: 5 * 4 * size};
    const {data} = call.invoke([x], {}, {limits, exact: true}) as {data: Float32Array};
    expect(data[0]).toBe(101);
    model!.dispose();
    const sum = node(
      'sum',
      'AddN',
      chain.map(({name}) => `${name}:z:0`),
      {...T, N: attr.int(100)},
    );
    expectRefusal(await load([functionOf([...chain, sum], 'sum:sum:0')]), /limits\.bytes/, {limits}, x);
  });

  it('can be given when the model is loaded, and others for a call', async () => {
    const [, nodes, from] = GREEDY.find(([op]) => op === 'Tile')!;
    const few = nodes.map((each) => (each.name === 'm' ? dims('m', 1000) : each));
    const call = await load([functionOf(few, from)], {limits: {bytes: 4000}});
    expectRefusal(call, /limits\.bytes/);
    const {shape} = call.invoke([new Float32Array(2)], {}, {limits: {bytes: MEGABYTE}, exact: true}) as {
      shape: number[];
    };
    expect(shape).toEqual([2000]);
  });
});

describe('single ops refuse', () => {
  beforeEach(() => tf.setBackend('cpu'));

  const huge = 2 ** 31 - 1;
  const long = (...numbers: number[]) =>
    ({dtype: 'int64', shape: [numbers.length], data: BigInt64Array.from(numbers, BigInt)}) as const;
  const image = {dtype: 'float32', shape: [1, 2, 2, 1], data: new Float32Array(4)} as const;
  const volume = {dtype: 'float32', shape: [1, 2, 2, 2, 1], data: new Float32Array(8)} as const;
  const empty = {dtype: 'float32', shape: [0], data: new Float32Array(0)} as const;
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      'to partition into 2^31 - 1 parts',
      () => rawOps.DynamicPartition({data: [1, 2], partitions: [0, 1]}, {num_partitions: huge}),
    ],
    ['to split nothing into 2^31 - 1 parts', () => rawOps.Split({axis: 0, value: empty}, {num_split: huge})],
    [
      'splits of rows that go beyond the values',
      () =>
        rawOps.RaggedGather(
          {params_nested_splits: [long(0, huge)], params_dense_values: [1, 2], indices: [0]},
          {OUTPUT_RAGGED_RANK: 1},
        ),
    ],
    [
      'to put crops into an image of 2^31 - 1 rows',
      () =>
        rawOps.CropAndResizeGradImage(
          {grads: image, boxes: [[0, 0, 1, 1]], box_ind: [0], image_size: [1, huge, 2, 1]},
          {T: 'float32'},
        ),
    ],
    [
      'patches of 2^31 - 1 elements',
      () =>
        rawOps.ExtractVolumePatches(
          {input: volume},
          {ksizes: [1, huge, 1, 1, 1], strides: [1, 1, 1, 1, 1], padding: 'SAME'},
        ),
    ],
    [
      'lists of 2^31 - 1 elements',
      () => rawOps.TensorListReserve({element_shape: -1, num_elements: huge}, {element_dtype: 'float32'}),
    ],
    ['bins without number', () => rawOps.Bincount({arr: [1, 2], size: huge, weights: [1, 1]})],
    [
      'strings of 2^31 - 1 bytes',
      () => rawOps.DecodePaddedRaw({input_bytes: ['a', 'b'], fixed_length: huge}, {out_type: 'uint8'}),
    ],
    ['numbers of 2^31 - 1 digits', () => rawOps.AsString({input: [1, 2]}, {width: huge})],
  ];

  it.each(cases)('%s', (_, call) => {
    const before = process.memoryUsage.rss();
    const bounded = () =>
      tf.tidy(() => void withinBounds({limits: {bytes: 100 * MEGABYTE}}, tensorBytes, call));
    expect(bounded).toThrow(CallError);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * MEGABYTE);
  });
});

/** A constant that is true, and one that is greater than it. */
const TRUE = node('true', 'Less', ['zero:output:0', 'one:output:0'], {T: attr.type('int32')});
const truth: readonly NodeDef[] = [int('zero', 0), int('one', 1), TRUE];

/** `while True: x = body(x)`. */
function endless(op: string, body: FunctionToMake): readonly FunctionToMake[] {
  const loop = node('loop', op, ['x'], {
    T: attr.types('float32'),
    cond: attr.func('forever'),
    body: attr.func(body.name),
  });
  return [
    functionOf([loop], 'loop:output:0'),
    {
      name: 'forever',
      inputs: [X],
      nodes: truth,
      outputs: [{name: 'y', dtype: 'bool', shape: [], from: 'true:z:0'}],
    },
    body,
  ];
}

const unchanged: FunctionToMake = {
  name: 'body',
  inputs: [X],
  nodes: [],
  outputs: [{name: 'y', ...FLOATS, from: 'x'}],
};

/** The same as the cycle of nodes that TensorFlow 1 has for it. */
const cycle: readonly NodeDef[] = [
  ...truth,
  node('enter', 'Enter', ['x'], {...T, frame_name: attr.string('frame')}),
  node('go_on', 'Enter', ['true:z:0'], {
    T: attr.type('bool'),
    frame_name: attr.string('frame'),
    is_constant: attr.bool(true),
  }),
  node('merge', 'Merge', ['enter:output:0', 'next:output:0'], {...T, N: attr.int(2)}),
  node('switch', 'Switch', ['merge:output:0', 'go_on:output:0'], T),
  node('next', 'NextIteration', ['switch:output_true:0'], T),
  node('exit', 'Exit', ['switch:output_false:0'], T),
];

/** `f0` calls `f1` twice, which calls `f2` twice, and so on. */
const doubling: readonly FunctionToMake[] = [...Array(64).keys()].map((level) => {
  const call = (name: string, input: string) =>
    node(name, 'PartitionedCall', [input], {
      f: attr.func(`f${level + 1}`),
      Tin: attr.types('float32'),
      Tout: attr.types('float32'),
    });
  return level === 63
    ? functionOf([node('y', 'Neg', ['x'], T)], 'y:y:0', 'f63')
    : functionOf([call('a', 'x'), call('b', 'a:output:0')], 'b:output:0', `f${level}`);
});

const ENDLESS: readonly (readonly [string, readonly FunctionToMake[]])[] = [
  ['a loop with an empty body', endless('While', unchanged)],
  ['a loop of a TensorFlow 1 graph', [functionOf(cycle, 'exit:output:0')]],
  ['functions that call the next one twice', doubling],
];

describe('limits.milliseconds', () => {
  beforeEach(() => tf.setBackend('cpu'));

  it.each(ENDLESS)('end %s', async (_, functions) => {
    expectRefusal(await load(functions), /longer than 20 ms/, {limits: {milliseconds: 20}});
  });

  it('of loading end an initialiser, and those of the caller the calls it makes', async () => {
    const call = await load(endless('While', unchanged), {limits: {milliseconds: 20}});
    expectRefusal(call, /longer than 20 ms/);
    expectRefusal(call, /longer than 10 ms/, {limits: {milliseconds: 10}});
  });

  it('let a call that takes less give its result', async () => {
    const call = await load([functionOf([node('y', 'Neg', ['x'], T)], 'y:y:0')]);
    const {data} = call.invoke(
      [new Float32Array([1, 2])],
      {},
      {limits: {milliseconds: 1e9}, exact: true},
    ) as {data: Float32Array};
    expect([...data]).toEqual([-1, -2]);
  });
});

describe('memory that an endless loop collects', () => {
  beforeEach(() => tf.setBackend('cpu'));

  it('is bounded where it is a list of tensors', async () => {
    const list = {name: 'list', dtype: 'variant', shape: []} as const;
    const types = {T: attr.types('variant')};
    const functions: FunctionToMake[] = [
      functionOf(
        [
          int('shape', -1),
          int('none', 0),
          node('empty', 'EmptyTensorList', ['shape:output:0', 'none:output:0'], {
            element_dtype: attr.type('float32'),
            shape_type: attr.type('int32'),
          }),
          node('loop', 'While', ['empty:handle:0'], {
            ...types,
            cond: attr.func('forever'),
            body: attr.func('body'),
          }),
          node('y', 'Identity', ['x', '^loop'], T),
        ],
        'y:output:0',
      ),
      {
        name: 'forever',
        inputs: [list],
        nodes: truth,
        outputs: [{name: 'y', dtype: 'bool', shape: [], from: 'true:z:0'}],
      },
      {
        name: 'body',
        inputs: [list],
        nodes: [
          constant('one', 'float32', [1000], [1]),
          node('new', 'Neg', ['one:output:0'], T),
          node('push', 'TensorListPushBack', ['list', 'new:y:0'], {element_dtype: attr.type('float32')}),
        ],
        outputs: [{...list, from: 'push:output_handle:0'}],
      },
    ];
    expectRefusal(await load(functions), /limits\.bytes/, {limits: {bytes: MEGABYTE}});
  });
});

describe('a signal', () => {
  beforeEach(() => tf.setBackend('cpu'));

  it('that is aborted already keeps a call from running', async () => {
    const call = await load([functionOf([node('y', 'Neg', ['x'], T)], 'y:y:0')]);
    expectRefusal(call, /aborted: not today/, {signal: AbortSignal.abort(new Error('not today'))});
  });

  it('that is aborted while a model is loaded ends loading with its reason', async () => {
    const reason = new Error('not today');
    await expect(load(endless('While', unchanged), {signal: AbortSignal.abort(reason)})).rejects.toBe(reason);
  });
});

it.each([Number.NaN, -1, '1e9'])('a limit of %s is refused', async (bytes) => {
  const limits = {bytes: bytes as number};
  await expect(load([functionOf([], 'x')], {limits})).rejects.toThrowWithMessage(
    CallError,
    /limits\.bytes must be a number/,
  );
  const call = await load([functionOf([node('y', 'Neg', ['x'], T)], 'y:y:0')]);
  expectRefusal(call, /limits\.bytes must be a number/, {limits});
});
