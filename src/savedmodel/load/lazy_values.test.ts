/**
 * Variables whose values stay in the files of the checkpoint while sessions map them. Where the operating system does not show open
 * files (elsewhere than on Linux) they are read: what a user sees is the same.
 */

import {mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import {StoredLazyTensor} from '../../bundle/lazy_tensor.js';
import {CheckpointReader} from '../../bundle/reader.js';
import {watchCompilation} from '../../compile/engine.js';
import {CallError, FormatError} from '../../errors.js';
import {Variable} from '../../ops/variable/variable.js';
import {localDirectory} from '../../platform/node.js';
import {Value} from '../../tensors/value.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import type {ExactTensor} from '../boundary.js';
import {saveModel} from '../save/save.js';
import {attr, type ModelToMake, makeModelFiles, node, variableKey} from '../testing/make_model.js';
import {compareLazily} from './lazy_values.js';
import {type LoadModelOptions, loadModel} from './load.js';
import type {LoadedObject} from './loaded_object.js';
import type {RestoredFunction} from './restored_function.js';

const holds = process.platform === 'linux';

/** With these, sessions have so large constants that they are kept. */
const ROWS = 2100;
const WIDTH = 512;
const TABLE = Float32Array.from({length: ROWS * WIDTH}, (_, i) => i);

/** `lookup(ids) = table[ids] + shift`. */
const MODEL: ModelToMake = {
  functions: [
    {
      name: 'lookup',
      inputs: [{name: 'ids', dtype: 'int32', shape: [null]}],
      captures: ['table', 'shift'],
      nodes: [
        node('rows', 'ResourceGather', ['table', 'ids'], {
          dtype: attr.type('float32'),
          Tindices: attr.type('int32'),
        }),
        node('shifted', 'ReadVariableOp', ['shift'], {dtype: attr.type('float32')}),
        node('sum', 'AddV2', ['rows:output:0', 'shifted:value:0'], {T: attr.type('float32')}),
      ],
      outputs: [{name: 'output', dtype: 'float32', shape: [null, WIDTH], from: 'sum:z:0'}],
    },
  ],
  variables: [
    {name: 'table', shape: [ROWS, WIDTH], trainable: true},
    // Too large to be in the model, where there is no file to map, and too small to stay in its file.
    {name: 'shift', shape: [WIDTH]},
  ],
  methods: {lookup: 'lookup'},
};

const DATA = 'variables/variables.data-00000-of-00001';

beforeAll(quietCpuBackend);

let directory: string;
let loaded: LoadedObject[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tensorflow-hub-test-'));
  for (const [path, bytes] of Object.entries(makeModelFiles(MODEL, {table: TABLE}))) {
    await mkdir(dirname(join(directory, path)), {recursive: true});
    await writeFile(join(directory, path), bytes);
  }
});
afterEach(async () => {
  for (const each of loaded) each.dispose();
  loaded = [];
  await rm(directory, {recursive: true, force: true});
});

async function load(options: LoadModelOptions = {}): Promise<LoadedObject> {
  const model = await loadModel(localDirectory(directory), {engine: 'onnx', ...options});
  loaded.push(model);
  return model;
}

function lookup(model: LoadedObject, ...ids: number[]): number[] {
  const rows = (model.get('lookup') as (ids: tf.Tensor) => tf.Tensor)(tf.tensor1d(ids, 'int32'));
  return [...tf.slice(rows, [0, 0], [ids.length, 1]).dataSync()];
}

const variableOf = (model: LoadedObject): Variable =>
  [...model.modelInfo.variables()].find(({name}) => name === 'table')!;
const firstOf = (...ids: number[]): number[] => ids.map((id) => id * WIDTH);

/** How many files of the model this process has open. */
async function openFiles(): Promise<number> {
  const {readlink} = await import('node:fs/promises');
  const descriptors = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')),
  );
  return paths.filter((each) => each.startsWith(directory)).length;
}

/** Damages an element of the table. */
async function damage(): Promise<void> {
  const bytes = await readFile(join(directory, DATA));
  bytes[1000] = bytes[1000]! ^ 1;
  await writeFile(join(directory, DATA), bytes);
}

describe('a large value', () => {
  it.runIf(holds)('stays in its file while sessions use it, and that stays open', async () => {
    const model = await load();
    const sessions: string[] = [];
    const end = watchCompilation({session: (name) => sessions.push(name)});
    expect(lookup(model, 0, 5, 299)).toEqual(firstOf(0, 5, 299));
    end();
    expect(sessions).toHaveLength(1);
    expect(variableOf(model).stored).toBeDefined();
    expect(await openFiles()).toBe(1);
    model.dispose();
    expect(await openFiles()).toBe(0);
  });

  it('stays what it was when the model is replaced, or is gone', async () => {
    const model = await load();
    // As who saves a model does, and who clears a cache.
    await writeFile(join(directory, 'other'), new Uint8Array(TABLE.byteLength));
    await rename(join(directory, 'other'), join(directory, DATA));
    expect(lookup(model, 7)).toEqual(firstOf(7));
    await rm(directory, {recursive: true});
    expect(lookup(model, 8)).toEqual(firstOf(8));
    expect([...model.variables[0]!.dataSync().subarray(0, 2)]).toEqual([0, 1]);
  });

  it('is read when somebody wants it in memory, and is the same value then', async () => {
    const model = await load();
    expect(lookup(model, 3)).toEqual(firstOf(3));
    const variable = variableOf(model);
    const {state} = variable;
    const before = tf.memory().numBytes;
    const [face] = model.variables;
    expect(tf.memory().numBytes - before).toBe(TABLE.byteLength);
    expect(variable.stored).toBeUndefined();
    expect(variable.state).toBe(state);
    if (holds) expect(await openFiles()).toBe(0);
    face!.assign(tf.onesLike(face!));
    expect(variable.state).not.toBe(state);
    expect(lookup(model, 3)).toEqual([1]);
  });

  it('is no memory of the call that needs it first', async () => {
    const model = await load({limits: {bytes: 1000}});
    // The interpreter says what is wrong with an index.
    expect(() => lookup(model, ROWS)).toThrowWithMessage(CallError, /index|indices/);
    expect(lookup(model, 3)).toEqual(firstOf(3));
  });

  it('is saved, and not kept in memory for that', async () => {
    const model = await load();
    const target = `${directory}-saved`;
    try {
      await saveModel(model, target);
      if (holds) expect(variableOf(model).stored).toBeDefined();
      const again = await loadModel(localDirectory(target), {engine: 'tfjs'});
      loaded.push(again);
      expect(lookup(again, 9)).toEqual(firstOf(9));
    } finally {
      await rm(target, {recursive: true, force: true});
    }
  });

  it('gives way to what is assigned', async () => {
    const model = await load();
    expect(lookup(model, 2)).toEqual(firstOf(2));
    variableOf(model).assign(
      Value.host(
        'float32',
        [ROWS, WIDTH],
        TABLE.map((x) => x + 1),
      ),
    );
    expect(lookup(model, 2)).toEqual([2 * WIDTH + 1]);
    if (holds) expect(await openFiles()).toBe(0);
  });

  it('is refused where it does not fit, and its file is closed', async () => {
    const reader = await CheckpointReader.open(localDirectory(directory), 'variables/variables');
    const value = await reader.readLazily('table/.ATTRIBUTES/VARIABLE_VALUE', 1);
    await reader.close();
    if (!(value instanceof StoredLazyTensor)) return expect(holds).toBe(false);
    const other = new Variable({name: 'other', dtype: 'float32', shape: [2], trainable: false});
    expect(() => other.assignLazily(value)).toThrowWithMessage(
      CallError,
      /cannot take float32 \(2100, 512\)/,
    );
    expect(await openFiles()).toBe(0);
  });
});

describe('a damaged value', () => {
  it('is refused before the model is loaded, unless nobody is to look', async () => {
    await damage();
    await expect(load()).rejects.toThrowWithMessage(FormatError, /table.*checksum is wrong/);
    if (holds) expect(await openFiles()).toBe(0);
    const model = await load({verifyChecksums: false});
    expect(lookup(model, 1)).toEqual(firstOf(1));
  });

  it.runIf(holds)('that is compared in the background ends calls once that is known', async () => {
    await damage();
    const reader = await CheckpointReader.open(localDirectory(directory), 'variables/variables');
    const value = (await reader.readLazily('table/.ATTRIBUTES/VARIABLE_VALUE', 1)) as StoredLazyTensor;
    await reader.close();
    const variable = new Variable({name: 'table', dtype: 'float32', shape: [ROWS, WIDTH], trainable: false});
    variable.assignLazily(value);
    // As if it were too large to wait for.
    await compareLazily([value], undefined, 0);
    expect(() => variable.state).not.toThrow();
    await expect
      .poll(() => {
        try {
          return variable.state && 'fine';
        } catch (error) {
          return error instanceof FormatError && error.message;
        }
      })
      .toMatch(/checksum is wrong/);
    expect(() => variable.read()).toThrowWithMessage(FormatError, /checksum is wrong/);
    variable.dispose();
  });
});

describe('an asynchronous call', () => {
  async function lookupAsync(model: LoadedObject, ...ids: number[]): Promise<number[]> {
    const call = (model.get('lookup') as RestoredFunction).invokeAsync(
      [tf.tensor1d(ids, 'int32')],
      {},
      {exact: true},
    );
    const {data} = (await call) as ExactTensor;
    return ids.map((_, i) => Number((data as Float32Array)[i * WIDTH]));
  }

  it.runIf(holds)(
    'maps the files on each thread, also when the value was read meanwhile, and lets them go',
    async () => {
      const model = await load();
      expect(await lookupAsync(model, 7)).toEqual(firstOf(7));
      expect(await openFiles()).toBeGreaterThan(0);
      // It is the same value still, for sessions that are made later, too.
      model.variables;
      variableOf(model).face();
      const calls = Array.from({length: 12}, (_, i) => lookupAsync(model, i, 2 * i));
      expect(await Promise.all(calls)).toEqual(calls.map((_, i) => firstOf(i, 2 * i)));
      expect(await openFiles()).toBeGreaterThan(0);
      model.dispose();
      await expect.poll(openFiles).toBe(0);
    },
  );

  it('sees what is assigned', async () => {
    const model = await load();
    expect(await lookupAsync(model, 1)).toEqual(firstOf(1));
    const table = variableOf(model);
    table.assign(
      Value.host(
        'float32',
        [ROWS, WIDTH],
        TABLE.map((x) => -x),
      ),
    );
    expect(await lookupAsync(model, 1)).toEqual(firstOf(-1));
  });
});

describe('a model of TensorFlow 1', () => {
  const float = 'attr {key: "T" value {type: DT_FLOAT}}';
  const text = (value: string) =>
    `attr {key: "dtype" value {type: DT_STRING}}
     attr {key: "value" value {tensor {dtype: DT_STRING tensor_shape {dim {size: 1}} string_val: "${value}"}}}`;
  const nodes: Readonly<Record<string, readonly [op: string, inputs: string, attrs: string]>> = {
    table: [
      'VariableV2',
      '',
      `attr {key: "dtype" value {type: DT_FLOAT}}
       attr {key: "shape" value {shape {dim {size: ${ROWS}} dim {size: ${WIDTH}}}}}`,
    ],
    read: ['Identity', 'table', float],
    ids: ['Placeholder', '', 'attr {key: "dtype" value {type: DT_INT32}}'],
    axis: [
      'Const',
      '',
      `attr {key: "dtype" value {type: DT_INT32}}
       attr {key: "value" value {tensor {dtype: DT_INT32 tensor_shape {} int_val: 0}}}`,
    ],
    rows: [
      'GatherV2',
      'read ids axis',
      `attr {key: "Tparams" value {type: DT_FLOAT}} attr {key: "Tindices" value {type: DT_INT32}}
       attr {key: "Taxis" value {type: DT_INT32}}`,
    ],
    file: ['Const', '', text('model').replace('tensor_shape {dim {size: 1}}', 'tensor_shape {}')],
    names: ['Const', '', text(variableKey({name: 'table', shape: []}))],
    slices: ['Const', '', text('')],
    restore: ['RestoreV2', 'file names slices', 'attr {key: "dtypes" value {list {type: DT_FLOAT}}}'],
    assign: ['Assign', 'table restore', float],
    restored: ['NoOp', '^assign', ''],
  };
  const port = (name: string, node: string, dtype: string) =>
    `{key: "${name}" value {name: "${node}:0" dtype: ${dtype} tensor_shape {unknown_rank: true}}}`;
  const MODEL_TEXT = `
    saved_model_schema_version: 1
    meta_graphs {
      meta_info_def {tags: "serve" tensorflow_version: "1.15.0"}
      graph_def {
        ${Object.entries(nodes)
          .map(([name, [op, inputs, attrs]]) => {
            const read = inputs.split(' ').filter(Boolean);
            return `node {name: "${name}" op: "${op}" ${read.map((each) => `input: "${each}"`).join(' ')} ${attrs}}`;
          })
          .join('\n')}
        versions {producer: 1087}
      }
      saver_def {filename_tensor_name: "file:0" restore_op_name: "restored" version: V2}
      signature_def {
        key: "serving_default"
        value {
          inputs ${port('ids', 'ids', 'DT_INT32')}
          outputs ${port('rows', 'rows', 'DT_FLOAT')}
          method_name: "tensorflow/serving/predict"
        }
      }
    }`;

  /** Puts the model beside the other one's checkpoint. */
  async function write(): Promise<string> {
    await rm(join(directory, 'saved_model.pb'));
    await writeFile(join(directory, 'saved_model.pbtxt'), MODEL_TEXT);
    return directory;
  }

  async function loadFrom(target: string, options: LoadModelOptions = {}): Promise<LoadedObject> {
    const model = await loadModel(localDirectory(target), {engine: 'onnx', ...options});
    loaded.push(model);
    return model;
  }

  function rowsOf(model: LoadedObject, ...ids: number[]): number[] {
    const [rows] = Object.values(model.signatures.serving_default!({ids: tf.tensor1d(ids, 'int32')}));
    return [...tf.slice(rows as tf.Tensor, [0, 0], [ids.length, 1]).dataSync()];
  }

  const tableOf = (model: LoadedObject): Variable =>
    [...model.modelInfo.variables()].find(({shape}) => shape?.[0] === ROWS)!;

  it('has its large values in the files, too', async () => {
    const target = await write();
    const model = await loadFrom(target);
    expect(rowsOf(model, 0, 5, 299)).toEqual(firstOf(0, 5, 299));
    if (holds) expect(tableOf(model).stored).toBeDefined();
    expect(await openFiles()).toBe(holds ? 1 : 0);
    model.dispose();
    await expect.poll(openFiles).toBe(0);
    expect(rowsOf(await loadFrom(target, {engine: 'tfjs'}), 7)).toEqual(firstOf(7));
    expect(await openFiles()).toBe(0);
  });

  it('is refused where they are damaged, and leaves no file open', async () => {
    const target = await write();
    const data = join(target, DATA);
    const bytes = await readFile(data);
    bytes[1000] = bytes[1000]! ^ 1;
    await writeFile(data, bytes);
    await expect(loadFrom(target)).rejects.toThrowWithMessage(FormatError, /is corrupt/);
    await expect.poll(openFiles).toBe(0);
    const unchecked = await loadFrom(target, {verifyChecksums: false});
    expect(rowsOf(unchecked, 299)).toEqual(firstOf(299));
  });

  it('keeps the files as long as a value is in one', async () => {
    const model = await loadFrom(await write());
    const table = tableOf(model);
    expect([...table.exact().data.slice(0, 3)]).toEqual([0, 1, 2]);
    if (holds) expect(table.stored).toBeDefined();
    table.assign(
      Value.host(
        'float32',
        [ROWS, WIDTH],
        TABLE.map((x) => -x),
      ),
    );
    expect(rowsOf(model, 3)).toEqual(firstOf(-3));
    await expect.poll(openFiles).toBe(0);
  });
});

describe('a session that is kept', () => {
  const float = {T: attr.type('float32')};

  /** `scale(by) = (table * by)[:, 0]`: what is computed with a table is kept, what is looked up is not. */
  const scaling: ModelToMake = {
    functions: [
      {
        name: 'scale',
        inputs: [{name: 'by', dtype: 'float32', shape: []}],
        captures: ['table'],
        nodes: [
          node('read', 'ReadVariableOp', ['table'], {dtype: attr.type('float32')}),
          node('scaled', 'Mul', ['read:value:0', 'by'], float),
        ],
        outputs: [{name: 'output', dtype: 'float32', shape: [ROWS, WIDTH], from: 'scaled:z:0'}],
      },
    ],
    variables: [{name: 'table', shape: [ROWS, WIDTH]}],
    methods: {scale: 'scale'},
  };

  async function write(model: ModelToMake, table: Float32Array): Promise<void> {
    for (const [path, bytes] of Object.entries(makeModelFiles(model, {table}))) {
      await writeFile(join(directory, path), bytes);
    }
  }

  function scaled(model: LoadedObject, by: number): number[] {
    const {data} = (model.get('scale') as RestoredFunction).invoke(
      [tf.scalar(by)],
      {},
      {exact: true},
    ) as ExactTensor;
    return [1, 7, WIDTH * ROWS - 1].map((i) => Number((data as Float32Array)[i]));
  }

  beforeEach(() => {
    vi.stubEnv('TFHUB_COMPILED_BYTES', String(2 ** 30));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const cacheDir = () => join(directory, 'cache');

  async function kept(): Promise<number> {
    return (await readdir(join(cacheDir(), 'compiled')).catch(() => [])).length;
  }

  it('is that of the file as it is', async () => {
    await write(scaling, TABLE);
    const expected = (by: number) => [1, 7, WIDTH * ROWS - 1].map((x) => Math.fround(by * x));
    for (const by of [2, 3]) {
      expect(scaled(await load({cacheDir: cacheDir()}), by)).toEqual(expected(by));
      expect(await kept()).toBe(1);
    }
    // Of the same size, and written in the same moment as far as clocks tell.
    await write(
      scaling,
      TABLE.map((x) => -x),
    );
    expect(scaled(await load({cacheDir: cacheDir()}), 2)).toEqual(expected(-2));
    expect(await kept()).toBe(2);
    expect(scaled(await load({cacheDir: cacheDir(), onnx: {optimization: 'basic', keep: false}}), 2)).toEqual(
      expected(-2),
    );
    expect(await kept()).toBe(2);
    expect(scaled(await load({cacheDir: cacheDir(), onnx: {optimization: 'basic'}}), 2)).toEqual(
      expected(-2),
    );
    expect(await kept()).toBe(3);
  });

  it('is none that looks up tables', async () => {
    expect(lookup(await load({cacheDir: cacheDir()}), 7, 2099)).toEqual(firstOf(7, 2099));
    expect(await kept()).toBe(0);
  });
});
