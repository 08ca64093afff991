import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, describe, expect, it} from 'vitest';
import {readNpy, writeNpy} from './npy.js';
import {parseInput} from './values.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MYMUL = 'fixtures/models/mymul';
const scratch = mkdtempSync(join(tmpdir(), 'tfhub-cli-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

/** Runs the built command, which `npm test` builds first. */
function tfhub(...args: string[]): Promise<{status: number; stdout: string; stderr: string}> {
  return new Promise((resolve) => {
    execFile('node', ['dist/node/cli.js', ...args], {cwd: ROOT}, (error, stdout, stderr) => {
      resolve({status: error === null ? 0 : Number(error.code), stdout, stderr});
    });
  });
}

describe('tfhub', () => {
  it('says its version', async () => {
    const {version} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {version: string};
    expect(await tfhub('--version')).toEqual({status: 0, stdout: `${version}\n`, stderr: ''});
  });

  it('has a command for each line of its help, which shows what to type', async () => {
    const {stdout} = await tfhub('--help');
    const [, listed = ''] = stdout.split('Commands:\n');
    const names = [...listed.matchAll(/^ {2}(\S+)/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help');
    expect(names).toEqual(expect.arrayContaining(['show', 'run', 'types', 'cache', 'host']));
    for (const name of names) {
      const help = await tfhub(name, '--help');
      expect(help.status).toBe(0);
      expect(help.stdout).toMatch(new RegExp(`^Examples:\n  tfhub ${name}\\b`, 'm'));
    }
  });
});

describe('tfhub show', () => {
  it('prints one JSON object', async () => {
    const {status, stdout} = await tfhub('show', MYMUL, '--json');
    expect(status).toBe(0);
    const model = JSON.parse(stdout);
    expect(model.signatures.serving_default.inputs.x).toEqual({
      name: 'x',
      dtype: 'float32',
      shape: null,
      node: 'serving_default_x:0',
    });
    expect(model.tensorflowVersion).toBe('2.15.1');
    expect(model.variables.map((each: {name: string}) => each.name)).toContain('v');
  });

  it('prints graphs as text, all or those of functions with a name', async () => {
    const {status, stdout} = await tfhub('show', MYMUL, '--graph', '__call__');
    expect(status).toBe(0);
    expect(stdout).toContain('  mul: float32 <unknown> = Mul(x, mul/ReadVariableOp)\n');
    const {stdout: all} = await tfhub('show', MYMUL, '--graph', '--json');
    const {graphs} = JSON.parse(all) as {graphs: string[]};
    expect(graphs[0]).toMatch(/^the main graph\n/);
    expect(graphs.length).toBeGreaterThan(3);
    const none = await tfhub('show', MYMUL, '--graph', 'nowhere');
    expect(none).toEqual({
      status: 1,
      stdout: '',
      stderr: "tfhub: the model has no function called 'nowhere'\n",
    });
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

  it('calls inputs by the names that the file has, and shows these', async () => {
    const model = 'fixtures/models/odd_names';
    const {stdout: shown} = await tfhub('show', model);
    for (const name of ['input.1', '0', 'geo.Heated', 'states/state', 'a-b', 'toString']) {
      expect(shown).toContain(`in   ${name}: float32 (2,)`);
    }
    const one = await tfhub('run', model, '--signature', 'one', '--input', 'input.1=[1, 2]', '--json');
    expect(JSON.parse(one.stdout).outputs.input_1.data).toEqual([2, 4]);
    const names = ['input.1', '0', 'geo.Heated', 'states_state', 'a-b', 'toString'];
    const inputs = names.flatMap((name, i) => ['--input', `${name}=[${i}, 0]`]);
    const all = await tfhub('run', model, '--function', 'doubled', ...inputs, '--json');
    expect(JSON.parse(all.stdout).outputs.arg_0.data).toEqual([2, 0]);
    const lacking = await tfhub('run', model, '--signature', 'one', '--input', 'toString=[1, 2]');
    expect(lacking).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no input 'toString'") as string,
    });
    expect((await tfhub('run', model, '--signature', 'toString', '--input', '1')).status).toBe(1);
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

  it('tells on which engine the nodes of each function run, and why', async () => {
    const model = 'fixtures/models/text_table';
    const {stdout} = await tfhub('ops', model);
    const [, told] = stdout.split(/^With ONNX Runtime.*\n/m);
    expect(told).toMatch(/^ {2}(signature \S+|\S+ #\d+).*: .*\d+ nodes? with the interpreter$/m);
    expect(told).toMatch(/^ +1 {2}LookupTableFindV2 +has no ONNX rule$/m);
    const {stdout: listed} = await tfhub('ops', model, '--nodes');
    expect(listed).toMatch(/^ {4}tfjs +LookupTableFindV2 '\S+' in .*: has no ONNX rule$/m);
    const {engines} = JSON.parse((await tfhub('ops', model, '--nodes', '--json')).stdout) as {
      engines: {interpreted: number; nodes: {engine: string}[]}[];
    };
    for (const {interpreted, nodes} of engines)
      expect(nodes.filter(({engine}) => engine === 'tfjs')).toHaveLength(interpreted);
  });
});

describe('tfhub types', () => {
  it('writes what a model takes and gives, and replaces no file unasked', async () => {
    const {status, stdout} = await tfhub('types', MYMUL);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\/\/ Types of fixtures\/models\/mymul, written by `tfhub types`\.\n/);
    expect(stdout).toContain('  (x: hub.TensorInput): tf.Tensor;\n');
    const out = join(scratch, 'mymul.d.ts');
    expect(await tfhub('types', MYMUL, '--out', out)).toEqual({status: 0, stdout: '', stderr: ''});
    expect(readFileSync(out, 'utf8')).toBe(stdout);
    expect(await tfhub('types', MYMUL, '--out', out)).toEqual({
      status: 1,
      stdout: '',
      stderr: `tfhub: ${out} exists; --overwrite replaces it\n`,
    });
    expect((await tfhub('types', MYMUL, '--out', out, '--overwrite')).status).toBe(0);
    expect(await tfhub('types', MYMUL, '--out', join(scratch, 'nowhere', 'x.d.ts'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cannot be written') as string,
    });
  });
});

describe('tfhub export-onnx', () => {
  const DICT = 'fixtures/models/dict_in_dict_out';

  it('writes what the model is served by, and says what it takes and gives', async () => {
    const out = join(scratch, 'cnn.onnx');
    const {status, stdout} = await tfhub('export-onnx', 'fixtures/models/cnn', out, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      path: out,
      inputs: [{name: 'conv1_input', dtype: 'float32', shape: [null, 8, 8, 2]}],
      outputs: [{name: 'scores', dtype: 'float32', shape: [null, 3]}],
      bytes: readFileSync(out).length,
      dataBytes: 0,
    });
    const again = await tfhub('export-onnx', 'fixtures/models/cnn', out);
    expect(again).toMatchObject({status: 1, stderr: expect.stringContaining('--overwrite') as string});
    const {stdout: told} = await tfhub('export-onnx', 'fixtures/models/cnn', out, '--overwrite');
    expect(told.split('\n').slice(1, 3)).toEqual([
      '  in   conv1_input: float32 (None, 8, 8, 2)',
      '  out  scores: float32 (None, 3)',
    ]);
  });

  it('writes one trace of a function, and takes shapes', async () => {
    const out = join(scratch, 'dict.onnx');
    const unsaid = await tfhub('export-onnx', DICT, out);
    expect(unsaid).toMatchObject({status: 1, stderr: expect.stringContaining('2 traces') as string});
    const args = ['--function', '__call__', '--trace', '2', '--shape', 'inputs_x=5,1', '--json'];
    const {stdout} = await tfhub('export-onnx', DICT, out, ...args);
    const {inputs, outputs} = JSON.parse(stdout) as {inputs: {shape: unknown}[]; outputs: {name: string}[]};
    expect(inputs[0]!.shape).toEqual([5, 1]);
    expect(outputs.map(({name}) => name)).toEqual(['delta', 'sigma']);
    for (const wrong of [
      ['--trace', '2'],
      ['--function', '__call__', '--trace', 'x'],
      ['--shape', 'x:3'],
    ])
      expect((await tfhub('export-onnx', DICT, out, ...wrong)).status).toBe(2);
  });

  it('fails with the ops that ONNX has no counterpart for', async () => {
    const {status, stderr} = await tfhub(
      'export-onnx',
      'fixtures/models/text_table',
      join(scratch, 'no.onnx'),
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ {2}1 LookupTableFindV2: has no ONNX rule/m);
  });
});

describe('an input on the command line', () => {
  it.each([
    ['input.1=[1]', 'input.1', [1]],
    ['0=2', '0', 2],
    ['a b=3', 'a b', 3],
    ['größe=4', 'größe', 4],
    ['x="a=b"', 'x', 'a=b'],
    ['"a=b"', undefined, 'a=b'],
    ['["a=b", "c"]', undefined, ['a=b', 'c']],
    ['{"a": "=b"}', undefined, {a: '=b'}],
    ['-1', undefined, -1],
  ])('%s is read', (text, name, value) => {
    expect(parseInput(text)).toEqual([{...(name !== undefined && {name}), value}]);
  });
});
