import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, describe, expect, it} from 'vitest';
import {readNpy, writeNpy} from './npy.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MYMUL = 'fixtures/models/mymul';
const scratch = mkdtempSync(join(tmpdir(), 'tfhub-cli-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

/** Runs the built command, which `npm test` builds first. */
function tfhub(...args: string[]): Promise<{status: number; stdout: string; stderr: string}> {
  return new Promise((resolve) => {
    execFile('node', ['dist/cli/main.js', ...args], {cwd: ROOT}, (error, stdout, stderr) => {
      resolve({status: error === null ? 0 : Number(error.code), stdout, stderr});
    });
  });
}

describe('tfhub show', () => {
  it('prints one JSON object', async () => {
    const {status, stdout} = await tfhub('show', MYMUL, '--json');
    expect(status).toBe(0);
    const model = JSON.parse(stdout);
    expect(model.signatures.serving_default.inputs.x).toEqual({name: 'x', dtype: 'float32', shape: null});
    expect(model.tensorflowVersion).toBe('2.15.1');
    expect(model.variables.map((each: {name: string}) => each.name)).toContain('v');
  });

  it('fails with one line for what is no model', async () => {
    const {status, stdout, stderr} = await tfhub('show', 'src');
    expect({status, stdout}).toEqual({status: 1, stdout: ''});
    expect(stderr).toMatch(/^tfhub: .*no SavedModel.*\n$/);
  });
});

describe('tfhub run', () => {
  it('calls __call__ and prints exactly one JSON object', async () => {
    const {status, stdout} = await tfhub('run', MYMUL, '--input', '[10, 20]', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({outputs: {output_0: {dtype: 'float32', shape: [2], data: [20, 40]}}});
  });

  it('calls a signature with a named input from a file, and writes .npy files', async () => {
    const input = join(scratch, 'x.npy');
    writeFileSync(input, writeNpy({dtype: 'float32', shape: [1, 2], data: Float32Array.of(3, 4)}));
    const out = join(scratch, 'out');
    const {status} = await tfhub(
      'run',
      MYMUL,
      '--signature',
      'serving_default',
      '--input',
      `x=@${input}`,
      '--outdir',
      out,
    );
    expect(status).toBe(0);
    const written = readNpy(readFileSync(join(out, 'output_0.npy')), 'output_0.npy');
    expect(written).toEqual({dtype: 'float32', shape: [1, 2], data: Float32Array.of(6, 8)});
  });

  it('fails with 1 where no trace fits, and with 2 for wrong usage', async () => {
    expect((await tfhub('run', MYMUL, '--input', '["text"]')).status).toBe(1);
    expect((await tfhub('run', MYMUL, '--input', 'not json')).status).toBe(2);
    expect((await tfhub('run', MYMUL, '--nonsense')).status).toBe(2);
    expect((await tfhub('run')).status).toBe(2);
    expect((await tfhub('run', MYMUL, '--signature', 'absent', '--input', '1')).status).toBe(1);
  });
});

describe('tfhub ops', () => {
  it('lists every op with its support', async () => {
    const {stdout} = await tfhub('ops', MYMUL, '--json');
    const {ops} = JSON.parse(stdout) as {ops: {op: string; supported: boolean; saverOnly: boolean}[]};
    expect(ops.find(({op}) => op === 'Mul')).toMatchObject({supported: true});
    expect(ops.filter(({supported, saverOnly}) => !supported && !saverOnly)).toEqual([]);
  });
});
