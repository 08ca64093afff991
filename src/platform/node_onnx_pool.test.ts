import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {afterEach, describe, expect, it} from 'vitest';
import {encodeModel} from '../onnx/encode.js';
import {OnnxPool, type PoolOptions} from './node_onnx_pool.js';
import {floatTensor, sumGraph, sumModel, sumWeights} from './testing/sum_model.js';

let pools: OnnxPool[] = [];
afterEach(() => {
  for (const each of pools) each.dispose();
  pools = [];
});

/** A pool with a session that adds 10 and 20. */
async function poolWithSum(options: PoolOptions = {}, threads = 1) {
  const pool = new OnnxPool('', options);
  pools.push(pool);
  const session = await pool.createSession(sumModel, {threads, external: sumWeights});
  const sum = async (a: number, b: number, signal?: AbortSignal) => {
    const [y] = await session.run({x: floatTensor(a, b)}, ['y'], signal && {signal});
    return [...(y!.data as Float32Array)];
  };
  return {pool, session, sum};
}

describe('a pool of threads', () => {
  it('runs sessions, and leaves inputs where they are', async () => {
    const {session} = await poolWithSum();
    const x = floatTensor(1, 2);
    const [y] = await session.run({x}, ['y']);
    expect(y).toEqual({type: 'float32', dims: [2], data: Float32Array.of(11, 22)});
    expect(x).toEqual(floatTensor(1, 2));
  });

  it('takes no more threads than there are runs at one time', async () => {
    const {pool, sum} = await poolWithSum({size: 3});
    for (let i = 0; i < 3; i++) await sum(i, i);
    expect(pool.threads).toBe(1);
    await Promise.all([sum(1, 2), sum(3, 4)]);
    expect(pool.threads).toBe(2);
  });

  it('gives each caller what it asked for', async () => {
    const {pool, sum} = await poolWithSum({size: 2});
    const results = await Promise.all(Array.from({length: 20}, (_, i) => sum(i, -i)));
    expect(results).toEqual(Array.from({length: 20}, (_, i) => [10 + i, 20 - i]));
    expect(pool.waiting).toBe(0);
  });

  it('runs fewer at a time where each takes several threads of the machine', async () => {
    const {pool, sum} = await poolWithSum({size: 3}, 2);
    await Promise.all([sum(1, 2), sum(3, 4), sum(5, 6)]);
    expect(pool.threads).toBe(1);
  });

  it('says what ONNX Runtime says, and goes on', async () => {
    const {pool, session, sum} = await poolWithSum({size: 1});
    const odd = session.run({x: floatTensor(1, 2, 3)}, ['y']);
    await expect(odd).rejects.toThrowWithMessage(Error, /Add/);
    expect(await sum(1, 2)).toEqual([11, 22]);
    const unknown = encodeModel({...sumGraph, nodes: [{...sumGraph.nodes[0]!, op: 'NoSuchOp'}]});
    const made = pool.createSession(unknown, {threads: 1, external: sumWeights});
    await expect(made).rejects.toThrowWithMessage(Error, /NoSuchOp/);
    expect(await sum(1, 2)).toEqual([11, 22]);
  });

  it('forgets a run that is not wanted any more, whether it waits or not', async () => {
    const {pool, sum} = await poolWithSum({size: 1});
    const [first, second] = [new AbortController(), new AbortController()];
    const settled: string[] = [];
    const note = (name: string, run: Promise<unknown>) =>
      run.then(
        () => settled.push(name),
        (reason) => settled.push(`${name}: ${reason}`),
      );
    const running = note('running', sum(1, 2, first.signal));
    const waiting = note('waiting', sum(3, 4, second.signal));
    const last = note('last', sum(5, 6));
    expect(pool.waiting).toBe(2);
    second.abort('no');
    expect(pool.waiting).toBe(1);
    first.abort('never mind');
    await Promise.all([running, waiting, last]);
    expect(settled).toEqual(['waiting: no', 'running: never mind', 'last']);
    await expect(sum(1, 2, AbortSignal.abort('at all'))).rejects.toBe('at all');
  });

  it('ends threads that have nothing to do, and starts others with the sessions that they had', async () => {
    const {pool, sum} = await poolWithSum({idleMilliseconds: 1});
    await expect.poll(() => pool.threads).toBe(0);
    expect(await sum(1, 2)).toEqual([11, 22]);
    expect(pool.threads).toBe(1);
  });

  it('frees a session once its runs are done', async () => {
    const {session, sum} = await poolWithSum({size: 1});
    const run = sum(1, 2);
    session.dispose();
    expect(await run).toEqual([11, 22]);
  });

  it('takes what Node calls a buffer for the bytes that it is', async () => {
    const pool = new OnnxPool('');
    pools.push(pool);
    const not = encodeModel({
      name: 'not',
      nodes: [{op: 'Not', domain: '', inputs: ['x'], outputs: ['y'], attrs: {}}],
      inputs: [{name: 'x', dtype: 'bool', shape: [null]}],
      outputs: [{name: 'y', dtype: 'bool', shape: [null]}],
      initializers: [],
    });
    const session = await pool.createSession(not, {threads: 1});
    const [y] = await session.run({x: {type: 'bool', dims: [3], data: Buffer.from([0, 1, 0])}}, ['y']);
    expect(y!.data).toEqual(Uint8Array.of(1, 0, 1));
  });
});

it('lets the process end', () => {
  const script = `
    import {OnnxPool} from ${JSON.stringify(new URL('./node_onnx_pool.ts', import.meta.url).href)};
    import {sumModel, sumWeights, floatTensor} from ${JSON.stringify(new URL('./testing/sum_model.ts', import.meta.url).href)};
    const session = await new OnnxPool('').createSession(sumModel, {threads: 1, external: sumWeights});
    const results = await Promise.all([session.run({x: floatTensor(1, 2)}, ['y']), session.run({x: floatTensor(3, 4)}, ['y'])]);
    console.log(JSON.stringify(results.map(([{data}]) => [...data])));
  `;
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, args, {cwd, encoding: 'utf8'}).trim()).toBe('[[11,22],[13,24]]');
});
