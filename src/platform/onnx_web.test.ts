/** What is relied on of onnxruntime-web, held against the installed package: its wasm build runs in Node, too. */

import * as ort from 'onnxruntime-web';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import {encodeModel} from '../onnx/encode.js';
import type {OnnxGraph} from '../onnx/graph.js';
import {type AsyncOnnxRuntime, OnnxRuntimeUnavailable} from './onnx_runtime.js';
import {type OnnxRuntimeWeb, TRIAL_MODEL, webOnnxRuntime} from './onnx_web.js';

let runtime: AsyncOnnxRuntime;
beforeAll(async () => {
  runtime = await webOnnxRuntime(ort, 1);
});

const floats = (...values: readonly number[]) => ({
  type: 'float32',
  dims: [values.length],
  data: Float32Array.from(values),
});

/** `y = x + w`, with `w` beside the model. */
const sum = (location: string): OnnxGraph => ({
  name: 'sum',
  nodes: [{op: 'Add', domain: '', inputs: ['x', 'w'], outputs: ['y'], attrs: {}}],
  inputs: [{name: 'x', dtype: 'float32', shape: [null]}],
  outputs: [{name: 'y', dtype: 'float32', shape: null}],
  initializers: [{name: 'w', dtype: 'float32', shape: [2], content: {location, offset: 0, length: 8}}],
});

const beside = (location: string, ...values: readonly number[]) => [
  {path: location, data: new Uint8Array(Float32Array.from(values).buffer)},
];

const sumOf = (w: readonly [number, number], provider?: string) =>
  runtime.createSession(encodeModel(sum('w')), {
    threads: 1,
    external: beside('w', ...w),
    ...(provider && {provider}),
  });

describe('onnxruntime-web', () => {
  it('is the version that it says, with the number of threads that was asked for', () => {
    expect(runtime.version).toBe(ort.env.versions.web);
    expect(ort.env.wasm.numThreads).toBe(1);
  });

  it('is tried with a model of one node', () => {
    const port = (name: string) => ({name, dtype: 'float32', shape: []}) as const;
    const model = encodeModel({
      name: 'trial',
      nodes: [{op: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attrs: {}}],
      inputs: [port('x')],
      outputs: [port('y')],
      initializers: [],
    });
    expect(TRIAL_MODEL).toBe(Buffer.from(model).toString('base64'));
  });

  it('gives memory of its own at each call, which outlives the session', async () => {
    const session = await sumOf([10, 20]);
    const [first] = await session.run({x: floats(1, 2)}, ['y']);
    const [second] = await session.run({x: floats(3, 4)}, ['y']);
    await session.dispose();
    expect(first).toMatchObject({type: 'float32', dims: [2], data: Float32Array.of(11, 22)});
    expect(second).toMatchObject({data: Float32Array.of(13, 24)});
  });

  it('makes and runs sessions that are asked for at once, each with its own data', async () => {
    const sessions = await Promise.all([1, 2, 3].map((i) => sumOf([10 * i, 20 * i])));
    const results = await Promise.all(sessions.map((session) => session.run({x: floats(1, 2)}, ['y'])));
    expect(results.map(([y]) => y!.data)).toEqual(
      [1, 2, 3].map((i) => Float32Array.of(10 * i + 1, 20 * i + 2)),
    );
    await Promise.all(sessions.map((session) => session.dispose()));
  });

  it.each([
    ['int64', BigInt64Array.of(2n ** 53n + 1n, -1n)],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n, 0n)],
    ['int32', Int32Array.of(-5, 2)],
    ['uint32', Uint32Array.of(2 ** 32 - 1, 1)],
    ['int16', Int16Array.of(-5, 2)],
    ['uint16', Uint16Array.of(65535, 2)],
    ['int8', Int8Array.of(-5, 2)],
    ['uint8', Uint8Array.of(255, 2)],
    ['bool', Uint8Array.of(1, 0)],
    ['float64', Float64Array.of(0.1, -0)],
  ] as const)('takes and gives %s', async (dtype, data) => {
    const model = encodeModel({
      name: dtype,
      nodes: [{op: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attrs: {}}],
      inputs: [{name: 'x', dtype, shape: [null]}],
      outputs: [{name: 'y', dtype, shape: [null]}],
      initializers: [],
    });
    const session = await runtime.createSession(model, {threads: 1});
    const [y] = await session.run({x: {type: dtype, dims: [2], data}}, ['y']);
    expect(y).toMatchObject({type: dtype, dims: [2], data});
    await session.dispose();
  });

  it('throws what it says of inputs that do not fit, and goes on', async () => {
    const session = await sumOf([10, 20]);
    const refused = session.run({x: floats(1, 2, 3)}, ['y']);
    const [y] = await session.run({x: floats(1, 2)}, ['y']);
    await expect(refused).rejects.toThrowWithMessage(Error, /broadcast/);
    expect(y!.data).toEqual(Float32Array.of(11, 22));
    await session.dispose();
  });

  it('throws what it says of a model that it cannot run', async () => {
    const graph = sum('w');
    const unknown = {...graph, nodes: [{...graph.nodes[0]!, op: 'NoSuchOp'}]};
    await expect(
      runtime.createSession(encodeModel(unknown), {threads: 1, external: beside('w', 1, 2)}),
    ).rejects.toThrowWithMessage(Error, /NoSuchOp/);
  });

  it('rejects a call that is given up at once, and does not run it', async () => {
    const session = await sumOf([10, 20]);
    const reason = new Error('given up');
    const before = session.run({x: floats(1, 2)}, ['y']);
    await expect(session.run({x: floats(1, 2)}, ['y'], {signal: AbortSignal.abort(reason)})).rejects.toBe(
      reason,
    );
    expect((await before)[0]!.data).toEqual(Float32Array.of(11, 22));
    await session.dispose();
  });

  it('computes on the processor where a provider is missing, and says so once', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    for (const w of [1, 2]) {
      const session = await sumOf([w, w], 'webgpu');
      expect((await session.run({x: floats(1, 2)}, ['y']))[0]!.data).toEqual(Float32Array.of(1 + w, 2 + w));
      await session.dispose();
    }
    expect(warned.mock.calls.flat().filter((line) => /no 'webgpu'/.test(line))).toHaveLength(1);
    warned.mockRestore();
  });
});

/** A package whose sessions note what they are given and fail; only what is asked of it is there. */
function recording(proxy: boolean) {
  const given: {readonly model: Uint8Array; readonly external: readonly {readonly data: Uint8Array}[]}[] = [];
  const fed: ArrayBufferView[] = [];
  const session = {
    run: async (feeds: object) => {
      fed.push(...Object.values(feeds).map(({data}) => data));
      return {};
    },
    release: async () => undefined,
  };
  const package_: OnnxRuntimeWeb = {
    InferenceSession: {
      create: async (model, options) => {
        given.push({model, external: (options as {externalData: {data: Uint8Array}[]}).externalData});
        return session;
      },
    },
    Tensor: ort.Tensor,
    env: {versions: {common: '1.0.0'}, wasm: {proxy}},
  };
  return {package_, given, fed};
}

describe('memory that goes to a worker of the package', () => {
  it.each([true, false])('is a copy: %s', async (proxy) => {
    const {package_, given, fed} = recording(proxy);
    const web = await webOnnxRuntime(package_);
    const model = Uint8Array.of(1);
    const external = beside('w', 1, 2);
    const x = floats(1, 2);
    const session = await web.createSession(model, {threads: 1, external});
    await session.run({x}, ['y']);
    const last = given.at(-1)!;
    expect([last.model, last.external[0]!.data, fed[0]]).toEqual([model, external[0]!.data, x.data]);
    expect([
      last.model.buffer === model.buffer,
      last.external[0]!.data.buffer === external[0]!.data.buffer,
      fed[0]!.buffer === x.data.buffer,
    ]).toEqual([!proxy, !proxy, !proxy]);
  });
});

describe('a package that does not start', () => {
  it('is said with what to do', async () => {
    const create = async () => {
      throw new Error('404');
    };
    await expect(
      webOnnxRuntime({...recording(false).package_, InferenceSession: {create}}),
    ).rejects.toThrowWithMessage(
      OnnxRuntimeUnavailable,
      /onnxruntime-web 1\.0\.0 does not start: 404.*wasmPaths/,
    );
  });

  it('keeps the threads that the user has chosen', async () => {
    const {package_} = recording(false);
    await webOnnxRuntime(package_, 3);
    await webOnnxRuntime(package_, 5);
    expect(package_.env.wasm.numThreads).toBe(3);
  });
});
