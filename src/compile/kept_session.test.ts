import * as fs from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeAll, beforeEach, describe, expect, it, vi} from 'vitest';
import type {FunctionGraph} from '../graph/graph.js';
import '../platform/node.js';
import type {CompiledModels} from '../platform/compiled_models.js';
import {nodeCompiledModels} from '../platform/node_compiled_models.js';
import {nodeOnnxRuntime} from '../platform/node_onnx.js';
import type {OnnxRuntime, OnnxSessionOptions} from '../platform/onnx_runtime.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {
  builder,
  compiledWith,
  disposeCompiled,
  expected,
  floats,
  variable,
  work,
} from './testing/compiled.js';

/** Elements of more than 4 MiB. */
const MANY = 2 ** 20 + 1;

let cache: string;
let compiled: CompiledModels;

beforeAll(quietCpuBackend);
beforeEach(() => {
  cache = fs.mkdtempSync(join(tmpdir(), 'compiled-'));
  vi.stubEnv('TFHUB_COMPILED_BYTES', String(2 ** 30));
  compiled = nodeCompiledModels(cache)!;
});
afterEach(() => {
  disposeCompiled();
  vi.unstubAllEnvs();
  fs.rmSync(cache, {recursive: true});
});

/** Computes with a variable, from index 1 on. */
function adding(): FunctionGraph {
  const graph = builder();
  const x = graph.parameter('x', 'float32', {shape: []});
  const v = graph.parameter('v', 'resource', {shape: []});
  const read = graph.op('ReadVariableOp', [v], {dtype: 'float32'});
  return graph.finish('f', [{name: 'z', operand: work(graph, x, read)}], []);
}

const counting = (from: number) => Array.from({length: MANY}, (_, i) => from + (i % 1000));

/** What is made of the sessions that ONNX Runtime is asked for. */
function watched(failing: (options: OnnxSessionOptions) => boolean = () => false) {
  const asked: OnnxSessionOptions[] = [];
  const inner = nodeOnnxRuntime()!;
  const runtime: OnnxRuntime = {
    ...inner,
    createSession: (model, options) => {
      asked.push(options);
      if (failing(options)) throw new Error('refused');
      return inner.createSession(model, options);
    },
  };
  return {asked, runtime};
}

/** How a process gets its session, and what it computes of many numbers. */
function first(from: number, failing?: (options: OnnxSessionOptions) => boolean): string {
  const {asked, runtime} = watched(failing);
  const {call} = compiledWith({compiled, runtime}, adding());
  const {handle} = variable('v', counting(from));
  const [z] = call(floats([], 3), handle());
  for (const i of [0, 5, MANY - 1]) expect(z!.data[i]).toBeCloseTo(expected(3, from + (i % 1000)), 0);
  return asked
    .map(({directory, optimizedTo}) => (directory !== undefined ? 'found' : optimizedTo ? 'kept' : 'made'))
    .join();
}

describe('a session with large constants', () => {
  it('is kept, and found by the next that computes the same with the same', () => {
    expect(first(0)).toBe('kept');
    expect(first(0)).toBe('found');
    expect(first(1)).toBe('kept');
    expect(first(1)).toBe('found');
    expect(compiled.entries()).toHaveLength(2);
  });

  it('is made anew where what was kept is of no use', () => {
    expect(first(0)).toBe('kept');
    expect(first(0, ({directory}) => directory !== undefined)).toBe('found,kept');
    expect(first(0)).toBe('found');
    const {key} = compiled.entries()[0]!;
    fs.writeFileSync(join(compiled.directory, key, 'model.onnx'), 'damaged');
    expect(first(0)).toBe('kept');
  });

  it('is made where it cannot be written', () => {
    expect(first(0, ({optimizedTo}) => optimizedTo !== undefined)).toBe('kept,made');
    expect(compiled.entries()).toEqual([]);
    expect(fs.readdirSync(compiled.directory)).toEqual([]);
    fs.rmSync(cache, {recursive: true});
    fs.writeFileSync(cache, 'no directory');
    expect(first(0)).toBe('made');
  });

  it('is not kept where it takes too much room', () => {
    vi.stubEnv('TFHUB_COMPILED_BYTES', String(2 ** 22));
    compiled = nodeCompiledModels(cache)!;
    expect(first(0)).toBe('made');
  });

  it('is another one once a variable is assigned, and is not kept with it as an input', () => {
    const {asked, runtime} = watched();
    const {call} = compiledWith({compiled, runtime}, adding());
    const {variable: v, handle} = variable('v', counting(0));
    call(floats([], 3), handle());
    v.assign(floats([MANY], 7));
    const [z] = call(floats([], 3), handle());
    expect(z!.data[5]).toBeCloseTo(expected(3, 12), 0);
    expect(asked.map(({optimizedTo}) => optimizedTo !== undefined)).toEqual([true, false]);
  });
});

it('a session with small constants is not kept', () => {
  const {asked, runtime} = watched();
  const {call} = compiledWith({compiled, runtime}, adding());
  const {handle} = variable('v', [1, 2, 3]);
  expect(call(floats([], 3), handle())[0]!.data).toEqual([1, 2, 3].map((y) => expected(3, y)));
  expect(asked.map(({optimizedTo}) => optimizedTo)).toEqual([undefined]);
});
