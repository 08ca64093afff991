/**
 * `npm run conformance`: the real TensorFlow as the judge. Installs it (two releases, each in a virtual environment
 * under `.venv/`), builds every fixture anew, and compares what this library computes with what TensorFlow computed. Two parts
 * at a time. `npm run conformance -- traced ops` does only the parts with these words in their names, and what they need.
 *
 * Needs Python 3.10 or 3.11 and a Python package index; nothing else.
 *
 * @module
 */

import {spawn, spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {runCheckpointConformance} from './conformance_checkpoint.js';
import {runConcurrentSaves} from './conformance_concurrent_saves.js';
import {fuzzOptions, runFuzzConformance} from './conformance_fuzz.js';
import {runHubConformance} from './conformance_hub.js';
import {runKillConformance} from './conformance_kill_save.js';
import {runLayersConformance} from './conformance_layers.js';
import {runRawOpsConformance} from './conformance_raw_ops.js';
import {runSaveConformance} from './conformance_save.js';
import {runTraceConformance} from './conformance_trace.js';
import {type Outcome, sideBySide, type Task} from './side_by_side.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILD = join(ROOT, 'build', 'conformance');

/** The releases compared with. */
const RELEASES = {
  '2.15': {
    requirements: 'fixtures/requirements-2.15.txt',
    pythons: ['python3.11', 'python3.10', 'python3.9', 'python3'],
  },
  newest: {
    requirements: 'fixtures/requirements-newest.txt',
    pythons: ['python3.11', 'python3.12', 'python3.13', 'python3.10', 'python3'],
  },
} as const;

type Release = keyof typeof RELEASES;

/** Passed and failed checks of one part. */
interface Score {
  readonly part: string;
  readonly passed: number;
  readonly failed: number;
  /** What failed, for the summary: what was printed on the way may be far above it. */
  readonly failures?: readonly string[];
}

/** Parts that run at one time. */
const LANES = 2;

/** Of each part so many failures are named in the summary. */
const NAMED_FAILURES = 10;

const environment = {
  ...process.env,
  TF_CPP_MIN_LOG_LEVEL: '3',
  PYTHONDONTWRITEBYTECODE: '1',
  // With oneDNN, TensorFlow (2.15 and 2.21) fails on convolutions in loaded models on some processors.
  TF_ENABLE_ONEDNN_OPTS: '0',
};

/** Channels-first layouts have kernels only in oneDNN. */
const withOneDnn = {...environment, TF_ENABLE_ONEDNN_OPTS: '1'};

/** Runs a command to its end and then shows its output, whole; the exit code, and the last lines of the output. */
function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = environment,
): Promise<{readonly code: number; readonly lastLines: readonly string[]}> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe']});
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(output);
      process.stdout.write(text);
      const lastLines = text.subarray(-4096).toString().trim().split('\n').slice(-NAMED_FAILURES);
      resolve({code: code ?? 1, lastLines});
    });
  });
}

/** Fills a directory by commands where it is not there or its requirements have changed. */
async function installed(
  what: string,
  directory: string,
  requirements: string,
  commands: () => readonly (readonly string[])[],
): Promise<void> {
  const stamp = join(directory, 'requirements.sha256');
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, requirements)))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(directory, {recursive: true, force: true});
  console.log(`Installing ${what} ...`);
  for (const [command, ...args] of commands()) {
    if ((await run(command!, args)).code !== 0) throw new Error(`installing ${what} failed`);
  }
  writeFileSync(stamp, wanted);
}

const PIP_INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];

/** The virtual environment of a release. */
const venvOf = (release: Release): string => join(ROOT, '.venv', release);

/** The Python in it. */
const pythonOf = (release: Release): string => join(venvOf(release), 'bin', 'python');

async function install(release: Release): Promise<void> {
  const {requirements, pythons} = RELEASES[release];
  const [directory, python] = [venvOf(release), pythonOf(release)];
  await installed(`TensorFlow ${release}`, directory, requirements, () => {
    const base = pythons.find((name) => works(name, release));
    if (base === undefined)
      throw new Error(`TensorFlow ${release} needs one of: ${pythons.slice(0, -1).join(', ')}`);
    return [
      [base, '-m', 'venv', directory],
      [python, ...PIP_INSTALL, '-r', requirements],
    ];
  });
}

/** The tensorflow_hub that still makes modules of the TF1 Hub format, where the fixtures look for it. */
async function installHubV1(): Promise<void> {
  const python = pythonOf('2.15');
  const requirements = 'fixtures/requirements-hub-v1.txt';
  const directory = join(ROOT, '.venv', 'hub-v1');
  await installed("TensorFlow 1's tensorflow_hub", directory, requirements, () => [
    [python, ...PIP_INSTALL, '--no-deps', '--target', directory, '-r', requirements],
  ]);
}

function works(python: string, release: Release): boolean {
  const {status, stdout} = spawnSync(python, ['-c', 'import sys; print(sys.version_info[1])'], {
    encoding: 'utf8',
  });
  const minor = Number(stdout);
  return status === 0 && (release === '2.15' ? minor >= 9 && minor <= 11 : minor >= 10 && minor <= 13);
}

/** What is read of vitest's report. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs test files of ours on data that was built just now. */
async function vitest(part: string, files: readonly string[], env: Record<string, string>): Promise<Score> {
  const report = join(BUILD, `${part.replaceAll(/\W+/g, '_')}.json`);
  const args = [
    'vitest',
    'run',
    ...files,
    // Two at a time would write one file.
    '--cache=false',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const {code, lastLines} = await run('npx', args, {...process.env, ...env});
  if (!existsSync(report)) return {part, passed: 0, failed: 1, failures: lastLines};
  const results = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const {numPassedTests: passed, numFailedTests: failed} = results;
  const failures = results.testResults
    .flatMap(({assertionResults}) => assertionResults)
    .filter(({status}) => status === 'failed')
    .slice(0, NAMED_FAILURES)
    .map(({fullName, failureMessages}) => `${fullName}: ${failureMessages[0]?.split('\n')[0] ?? ''}`);
  return {part, passed, failed: failed === 0 && code !== 0 ? 1 : failed, failures};
}

/** A command that either succeeds or fails. */
async function check(
  part: string,
  command: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Score> {
  const {code, lastLines} = await run(command, args, env);
  return code === 0 ? {part, passed: 1, failed: 0} : {part, passed: 0, failed: 1, failures: lastLines};
}

async function fixturesOf(release: Release, python: string): Promise<Score[]> {
  const out = join(BUILD, `fixtures-${release}`);
  const built = await check(`fixtures build with TensorFlow ${release}`, python, [
    'fixtures/build.py',
    '--out',
    out,
    '--sizes',
    'small,medium,large',
  ]);
  const compared: Score[] = [];
  for (const backend of ['cpu', 'wasm']) {
    const part = `fixtures of TensorFlow ${release}, ${backend} backend`;
    const env = {TFHUB_FIXTURES: out, TFHUB_BACKEND: backend};
    compared.push(await vitest(part, ['src/savedmodel/load/fixtures.test.ts'], env));
  }
  return [built, ...compared];
}

/** Models of others, every element compared; nothing to do where their folder is not at hand. */
async function realModels(python: string): Promise<Score[]> {
  const models = process.env.TFHUB_REAL_MODELS ?? join(ROOT, '..', 'shared', 'testdata');
  if (!existsSync(models)) {
    console.log(`Real models: skipped, there is no ${models}`);
    return [];
  }
  const expected = join(BUILD, 'real_models.json');
  const args = ['fixtures/real_models.py', models, '--full', '--out', expected];
  const built = await check('real models computed by TensorFlow', python, args, withOneDnn);
  const env = {TFHUB_REAL_MODELS: models, TFHUB_REAL_MODELS_EXPECTED: expected};
  return [built, await vitest('real models', ['src/savedmodel/load/real_models.test.ts'], env)];
}

async function opCases(python: string): Promise<Score[]> {
  const out = join(BUILD, 'ops');
  mkdirSync(out, {recursive: true});
  const built = await check('single-op cases', python, ['fixtures/ops/build.py', '--out', out], withOneDnn);
  return [built, await vitest('single ops', ['src/ops'], {TFHUB_OP_CASES: out})];
}

/** Training steps of Python's `hub.KerasLayer`, taken here. */
async function trajectories(python: string): Promise<Score[]> {
  const out = join(BUILD, 'trajectories');
  const built = await check('training with hub.KerasLayer', python, [
    'fixtures/trajectories.py',
    '--out',
    out,
  ]);
  const env = {TFHUB_TRAJECTORIES: out};
  return [built, await vitest('training trajectories', ['src/keras/trajectories.test.ts'], env)];
}

/** Layers of the fixtures that were built anew, beside what Python's `hub.KerasLayer` makes of them. */
async function kerasLayers(python: string): Promise<Score[]> {
  const models = join(BUILD, 'fixtures-2.15');
  const facts = join(BUILD, 'keras_layers.json');
  const built = await check('fixtures as layers of Keras', python, [
    'fixtures/keras_layers.py',
    models,
    facts,
  ]);
  const env = {TFHUB_FIXTURES: models, TFHUB_KERAS_LAYERS: facts};
  return [built, await vitest('fixtures as layers', ['src/keras/layer_facts.test.ts'], env)];
}

/** What this library saves, as TensorFlow loads it. */
async function saved(old: string, newest: string): Promise<Score[]> {
  const fixtures = ['2.15', 'newest'].map((release) => join(BUILD, `fixtures-${release}`));
  const parts = await runSaveConformance({directory: join(BUILD, 'saved'), old, newest, fixtures});
  return parts.map(({details, ...score}) => ({...score, failures: details}));
}

/** Functions that were traced, as TensorFlow computes them. */
async function traced(old: string, newest: string): Promise<Score[]> {
  const parts = await runTraceConformance(join(BUILD, 'traced'), {'2.15': old, newest});
  return parts.map(({details, ...score}) => ({...score, failures: details}));
}

/** Raw ops that were traced and saved, computed by TensorFlow. */
async function rawOps(python: string): Promise<Score> {
  const {details, ...score} = await runRawOpsConformance(python, join(BUILD, 'raw_ops'));
  return {...score, failures: details};
}

/** What is written here, restored by TensorFlow; what is there after saves that were killed, and after many at once. */
async function writing(python: string, newest: string): Promise<Score[]> {
  const checkpoints = await runCheckpointConformance({python, newest, build: join(BUILD, 'checkpoints')});
  const kills = await runKillConformance({directory: join(BUILD, 'kills')});
  const concurrent = await runConcurrentSaves({directory: join(BUILD, 'concurrent_saves')});
  for (const line of [...checkpoints.details, ...kills.details, ...concurrent.details]) console.log(line);
  return [
    {part: 'checkpoints restored by TensorFlow', ...checkpoints, failures: checkpoints.details},
    {part: 'saves that were killed', ...kills, failures: kills.details},
    {part: 'saves of several processes at once', ...concurrent, failures: concurrent.details},
  ];
}

/** Models with something in them changed, each used in every way: by one process, for other parts go on beside it. */
async function damagedModels(): Promise<Score> {
  const {details, ...score} = await runFuzzConformance({...fuzzOptions(), lanes: 1});
  console.log(details[0]);
  return {part: 'damaged models', ...score, failures: details};
}

/** Downloads and the cache beside Python's tensorflow_hub. */
async function hub(python: string): Promise<Score> {
  const {passed, failed, details} = await runHubConformance({python});
  for (const line of details) console.log(line);
  const failures = details.filter((line) => line.startsWith('FAIL'));
  return {part: 'handles, downloads and the shared cache', passed, failed, failures};
}

async function layers(pythons: readonly [string, string]): Promise<Score> {
  const {passed, failed, details} = await runLayersConformance(join(BUILD, 'layers'), pythons);
  for (const line of details) console.log(line);
  return {part: 'models of tfjs-layers, saved', passed, failed, failures: details};
}

/** What is generated is what would be generated. */
async function generated(old: string, newest: string): Promise<Score[]> {
  return [
    await check('message types as generated', old, ['scripts/generate_protos.py', '--check']),
    await check('op definitions of 2.15 as generated', old, ['scripts/generate_op_defs.py', '--check']),
    await check('types of raw ops as generated', 'npx', ['tsx', 'scripts/generate_raw_ops.ts', '--check']),
    await check('newer op definitions as generated', newest, ['scripts/generate_op_defs.py', '--check']),
  ];
}

/** All there is to do; what others wait for comes first. */
function allTasks(): readonly Task<readonly Score[]>[] {
  const [old, newest] = [pythonOf('2.15'), pythonOf('newest')];
  const both = ['TensorFlow 2.15', 'TensorFlow newest'];
  const memory = {TFHUB_MEMORY_SECONDS: '45'};
  const nothing = (work: Promise<void>) => work.then(() => []);
  const one = (work: Promise<Score>) => work.then((score) => [score]);
  return [
    {
      name: 'TensorFlow 2.15',
      run: () => nothing(install('2.15').then(installHubV1)),
    },
    {name: 'damaged models', run: () => one(damagedModels())},
    {name: 'TensorFlow newest', run: () => nothing(install('newest'))},
    {name: 'fixtures 2.15', after: ['TensorFlow 2.15'], run: () => fixturesOf('2.15', old)},
    {name: 'fixtures newest', after: ['TensorFlow newest'], run: () => fixturesOf('newest', newest)},
    {name: 'single ops', after: ['TensorFlow 2.15'], run: () => opCases(old)},
    {name: 'saved', after: ['fixtures 2.15', 'fixtures newest'], run: () => saved(old, newest)},
    {name: 'layers of tfjs-layers', after: both, run: () => one(layers([old, newest]))},
    {name: 'handles', after: ['TensorFlow 2.15'], run: () => one(hub(old))},
    {name: 'traced', after: both, run: () => traced(old, newest)},
    {name: 'raw ops', after: ['TensorFlow 2.15'], run: () => one(rawOps(old))},
    {name: 'writing', after: both, run: () => writing(old, newest)},
    {name: 'fixtures as layers', after: ['fixtures 2.15'], run: () => kerasLayers(old)},
    {name: 'real models', after: ['TensorFlow 2.15'], run: () => realModels(old)},
    {name: 'trajectories', after: ['TensorFlow 2.15'], run: () => trajectories(old)},
    {name: 'generated', after: both, run: () => generated(old, newest)},
    {
      name: 'memory',
      run: () => one(vitest('memory over 1,000 calls', ['src/savedmodel/load/memory.test.ts'], memory)),
    },
  ];
}

/** Tasks with these words in their names, and what they need; all where there are no words. */
function chosenTasks(words: readonly string[]): readonly Task<readonly Score[]>[] {
  const all = allTasks();
  if (words.length === 0) return all;
  const chosen = new Set(all.filter(({name}) => words.some((word) => name.includes(word))));
  if (chosen.size === 0) throw new Error(`there are: ${all.map(({name}) => name).join(', ')}`);
  for (const {after = []} of chosen) for (const each of all) if (after.includes(each.name)) chosen.add(each);
  return all.filter((each) => chosen.has(each));
}

/** What came of a task, to add up: one that ended with an error has failed. */
function scoresOf({name, result, error}: Outcome<readonly Score[]>): readonly Score[] {
  return result ?? [{part: name, passed: 0, failed: 1, failures: [String(error?.stack ?? error)]}];
}

async function main(): Promise<void> {
  rmSync(BUILD, {recursive: true, force: true});
  mkdirSync(BUILD, {recursive: true});
  const outcomes = await sideBySide(chosenTasks(process.argv.slice(2)), LANES, (name, outcome) =>
    console.log(`-- ${name} ${outcome === undefined ? 'begins' : `took ${outcome.seconds.toFixed(0)} s`}`),
  );
  console.log('\nConformance');
  for (const outcome of outcomes) {
    console.log(`  ${outcome.name}, ${outcome.seconds.toFixed(0)} s`);
    for (const {part, passed, failed, failures} of scoresOf(outcome)) {
      console.log(`    ${part}: ${passed} passed, ${failed} failed`);
      if (failed > 0) for (const failure of failures ?? []) console.log(`      ${failure}`);
    }
  }
  const scores = outcomes.flatMap(scoresOf);
  const total = (key: 'passed' | 'failed') => scores.reduce((sum, score) => sum + score[key], 0);
  console.log(`${total('passed')} passed, ${total('failed')} failed`);
  if (total('failed') > 0) process.exitCode = 1;
}

await main();
