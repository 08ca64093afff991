/** Tests that nothing in a model, an archive or a server's answer steers the terminal of who looks at it. */

import path from 'node:path';
import {Command} from 'commander';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {afterThis, temporaryDirectory, writeModel} from '../../hub/testing/fixtures.js';
import {startServer} from '../../hub/testing/server.js';
import {rawEntry, tar} from '../../hub/testing/tar.js';
import '../../platform/node.js';
import '../../platform/node_hub.js';
import {encodeMessage, SavedModel} from '../../proto/index.js';
import {attr, type ModelToMake, makeSavedModel, node} from '../../savedmodel/testing/make_model.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {report} from '../report.js';
import {registerOps} from './ops.js';
import {registerResolve} from './resolve.js';
import {registerRun} from './run.js';
import {registerShow} from './show.js';

/** Sets the title of a terminal, clears it, turns text around, forges a line. */
const EVIL = '\x1b]0;owned\x07\x9b2J\u202e\x7f\rtfhub all is well\nno error';
const SHOWN = '\\x1b]0;owned\\x07\\x9b2J\\u202e\\x7f\\rtfhub all is well';

let lines: string[];

beforeEach(async () => {
  await quietCpuBackend();
  lines = [];
  for (const method of ['log', 'error', 'warn'] as const) {
    vi.spyOn(console, method).mockImplementation((...said: unknown[]) => {
      lines.push(said.map(String).join(' '));
    });
  }
});
afterEach(() => vi.restoreAllMocks());

/** What a command prints, all lines of it, and its exit code. */
async function tfhub(...args: string[]): Promise<{text: string; status: number}> {
  lines = [];
  const program = new Command('tfhub').exitOverride();
  for (const register of [registerShow, registerOps, registerRun, registerResolve]) register(program);
  const status = await program.parseAsync(args, {from: 'user'}).then(() => 0, report);
  const text = lines.join('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  return {text, status};
}

const port = (name: string) => ({name, dtype: 'float32', shape: [null]}) as const;

const MODEL: ModelToMake = {
  functions: [
    {
      name: 'f',
      inputs: [port(`in${EVIL}`)],
      nodes: [node('twice', 'AddV2', [`in${EVIL}`, `in${EVIL}`], {T: attr.type('float32')})],
      outputs: [{...port(`out${EVIL}`), from: 'twice:z:0'}],
    },
    {
      name: 'g',
      inputs: [port('x')],
      nodes: [node('odd', `Op${EVIL}`, ['x'])],
      outputs: [{...port('y'), from: 'odd:z:0'}],
    },
  ],
  methods: {[`method${EVIL}`]: 'f', broken: 'g'},
  signatures: {[`signature${EVIL}`]: 'f'},
};

async function evilModel(): Promise<string> {
  const directory = await temporaryDirectory();
  const saved = makeSavedModel(MODEL);
  saved.metaGraphs[0]!.metaInfoDef!.tensorflowVersion = `2${EVIL}`;
  await writeModel(directory, {'saved_model.pb': encodeMessage(SavedModel, saved)});
  return directory;
}

describe('what a model is called does not reach the terminal raw', () => {
  it('in tfhub show', async () => {
    const directory = await evilModel();
    const {text, status} = await tfhub('show', directory, '--all');
    expect(status).toBe(0);
    for (const name of ['2', 'in', 'out', 'method', 'signature']) expect(text).toContain(name + SHOWN);
    // No name makes a line of its own.
    expect(lines.filter((line) => line.startsWith('no error'))).toEqual([]);
    const json = JSON.parse((await tfhub('show', directory, '--json')).text);
    expect(Object.keys(json.signatures)).toEqual([`signature${EVIL}`]);
    expect(json.tensorflowVersion).toBe(`2${EVIL}`);
  });

  it('in tfhub ops', async () => {
    const directory = await evilModel();
    const {text} = await tfhub('ops', directory);
    expect(text).toContain(`Op${SHOWN}`);
    expect(text).toContain('odd');
    const {ops} = JSON.parse((await tfhub('ops', directory, '--json')).text);
    expect(ops.map(({op}: {op: string}) => op)).toContain(`Op${EVIL}`);
  });

  it('in the words of an invalid graph', async () => {
    const directory = await temporaryDirectory();
    const nodes = [node(`node${EVIL}`, 'Neg', ['x'], {T: attr.type('float32')})];
    const f = {name: 'f', inputs: [port('x')], nodes, outputs: [{...port('y'), from: `node${EVIL}:y:0`}]};
    const saved = makeSavedModel({functions: [f], methods: {__call__: 'f'}});
    await writeModel(directory, {'saved_model.pb': encodeMessage(SavedModel, saved)});
    const {text, status} = await tfhub('ops', directory);
    expect(status).toBe(1);
    expect(text).toContain(`has a node with the invalid name 'node${SHOWN}`);
  });

  it('in tfhub run, whether it works or fails', async () => {
    const directory = await evilModel();
    const signature = ['--signature', `signature${EVIL}`];
    const worked = await tfhub('run', directory, ...signature, '--input', '[1, 2]');
    expect(worked.text).toContain(`out${SHOWN}`);
    const {text} = await tfhub('run', directory, ...signature, '--input', '[1, 2]', '--json');
    expect(JSON.parse(text).outputs[`out${EVIL}`].data).toEqual([2, 4]);
    const written = await tfhub(
      ...['run', directory, ...signature, '--input', '[1, 2]'],
      ...['--outdir', path.join(directory, 'out')],
    );
    expect(written).toMatchObject({status: 0});
    for (const args of [
      ['--function', 'broken', '--input', '[1]'],
      [...signature, '--input', '"text"'],
      ['--signature', 'none', '--input', '[1]'],
    ]) {
      const failed = await tfhub('run', directory, ...args);
      expect(failed.status).toBe(1);
      expect(failed.text).toContain(SHOWN);
    }
  });
});

describe('what a server sends does not reach the terminal raw', () => {
  it('in its words', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(404, {'content-type': 'text/plain'}).end(`Model not found: ${EVIL}`);
    });
    afterThis(() => server.close());
    const {text, status} = await tfhub(
      'resolve',
      `${server.url}/model`,
      '--cache-dir',
      await temporaryDirectory(),
    );
    expect(status).toBe(1);
    expect(text).toMatch(/Model not found/);
  });

  it('in the names of an archive', async () => {
    const archive = tar(rawEntry({name: `../${EVIL}`, body: 'x'}));
    const server = await startServer((_, response) => {
      response.writeHead(200, {'content-length': archive.length}).end(archive);
    });
    afterThis(() => server.close());
    const {text, status} = await tfhub(
      'resolve',
      `${server.url}/model`,
      '--cache-dir',
      await temporaryDirectory(),
    );
    expect(status).toBe(1);
    expect(text).toMatch(/holds an entry named .*owned/);
  });
});
