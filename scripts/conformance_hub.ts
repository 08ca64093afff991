/**
 * Shows that downloads and the cache do what is promised of them: beside Python's tensorflow_hub, and under faults.
 * `tsx scripts/conformance_hub.ts PYTHON [WORD]`, where PYTHON has tensorflow_hub; a word chooses checks by name.
 *
 * @module
 */

import {type ChildProcess, execFile, spawn} from 'node:child_process';
import {cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import '../src/platform/node_hub.js';
import {unpackArchive} from '../src/hub/archive.js';
import {integrityOf, resolve} from '../src/hub/resolver.js';
import {sleep} from '../src/hub/retry.js';
import {digests, readDigests} from '../src/hub/testing/digests.js';
import {MemorySink} from '../src/hub/testing/memory_sink.js';
import {faulty, startServer} from '../src/hub/testing/server.js';
import {gzip, inChunks, pax, rawEntry, tar} from '../src/hub/testing/tar.js';
import {ResolveWorker} from '../src/hub/testing/workers.js';
import {localDirectory} from '../src/platform/node.js';
import {hostModels} from '../src/platform/node_host.js';
import {type Score, tell} from './score.js';

interface Context {
  /** The Python interpreter that has tensorflow_hub. */
  readonly python: string;
  /** A directory of the check's own. */
  readonly directory: string;
  /** To be run when the check is over. */
  readonly after: (cleanUp: () => unknown) => void;
}

/** Throws where something is not as promised; else says what was measured. */
type Check = (context: Context) => Promise<string>;

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const FIXTURE = here('../fixtures/models/mymul');
const MEGABYTE = 2 ** 20;

function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function demandSame(actual: unknown, expected: unknown, what: string): void {
  const canonical = (value: unknown) =>
    JSON.stringify(value, (_, inner) =>
      inner && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  demand(
    canonical(actual) === canonical(expected),
    `${what}: ${canonical(actual)} instead of ${canonical(expected)}`,
  );
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += 65536) {
    crypto.getRandomValues(bytes.subarray(offset, Math.min(offset + 65536, length)));
  }
  return bytes;
}

/** A process that runs tensorflow_hub. */
class PythonWorker {
  private readonly answers: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcess) {
    this.answers = createInterface({input: child.stdout!})[Symbol.asyncIterator]();
  }

  static async start({python, after}: Context): Promise<PythonWorker> {
    const worker = new PythonWorker(
      spawn(python, [here('hub_worker.py')], {stdio: ['pipe', 'pipe', 'ignore']}),
    );
    after(() => worker.child.kill());
    await worker.answer();
    return worker;
  }

  async ask(
    request: {handle: string; cacheDir: string; argument?: unknown} | {directory: string} | {archive: string},
  ): Promise<Record<string, unknown>> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    return this.answer();
  }

  private async answer(): Promise<Record<string, unknown>> {
    const {value, done} = await this.answers.next();
    demand(!done, 'tensorflow_hub ended without an answer.');
    return JSON.parse(value);
  }
}

/** A directory to host: the model of the specification, made larger by a file of noise. */
async function hostedModel(context: Context, megabytes: number) {
  const directory = path.join(context.directory, 'hosted');
  await cp(FIXTURE, path.join(directory, 'model'), {recursive: true});
  await mkdir(path.join(directory, 'model/assets'), {recursive: true});
  await writeFile(path.join(directory, 'model/assets/noise'), randomBytes(megabytes * MEGABYTE));
  const expected = await readDigests(localDirectory(path.join(directory, 'model')));
  return {directory, expected};
}

const pythonLoadsFromOurServer: Check = async (context) => {
  const {directory, expected} = await hostedModel(context, 2);
  const python = await PythonWorker.start(context);
  for (const gzip of [false, true]) {
    const server = await hostModels({directory, gzip});
    context.after(() => server.close());
    const cacheDir = path.join(context.directory, `cache-${gzip}`);
    for (const handle of [`${server.url}/model`, `${server.url}/model/1`]) {
      const {digests: found, path: place, error} = await python.ask({handle, cacheDir});
      demandSame(found, expected, `tensorflow_hub resolves ${handle} (${error})`);
      demandSame(
        await python.ask({handle, cacheDir, argument: [10, 20]}),
        {result: [20, 40]},
        'calling the model',
      );
      const ours = await resolve(handle, {cacheDir});
      demand(ours.fromCache && ours.path === place, 'What tensorflow_hub downloaded is found in the cache.');
    }
    const handle = `${server.url}/model?from=us`;
    const ours = await resolve(handle, {cacheDir});
    await server.close();
    const theirs = await python.ask({handle, cacheDir});
    demandSame(
      theirs,
      {path: ours.path, digests: expected},
      'What was downloaded here is found by tensorflow_hub',
    );
  }
  return 'tensorflow_hub loads plain and gzipped answers; each finds in the cache what the other downloaded';
};

const integrities: Check = async (context) => {
  const {directory} = await hostedModel(context, 1);
  const model = path.join(directory, 'model');
  // UTF-8 has another order than the strings of JavaScript.
  for (const name of ['\u{1d11e}', '\uff5e', 'caf\u00e9', 'a b', 'empty']) {
    await writeFile(path.join(model, 'assets', name), name === 'empty' ? '' : name);
  }
  const python = await PythonWorker.start(context);
  const {integrity} = await python.ask({directory: model});
  demandSame(await integrityOf(localDirectory(model)), integrity, 'the integrity of a directory');
  const server = await hostModels({directory});
  context.after(() => server.close());
  const cacheDir = path.join(context.directory, 'cache');
  const resolved = await resolve(`${server.url}/model`, {cacheDir, integrity: integrity as string});
  demandSame(await python.ask({directory: resolved.path!}), {integrity}, 'the integrity of a cached model');
  return `${integrity} here and there`;
};

const GRAPH = {name: 'saved_model.pb', body: 'graph'};
const BEFORE_1970 = new Uint8Array(12).fill(0xff);

/** Archives that are odd, and whether tarfile and this library read them. */
const ODD_ARCHIVES: readonly (readonly [what: string, bytes: Uint8Array, reads: boolean])[] = [
  ['a time before 1970', tar({...GRAPH, modified: BEFORE_1970}), true],
  ['a signed checksum', tar({...GRAPH, modified: BEFORE_1970, signedChecksum: true}), true],
  ['a pax time before 1970', tar(pax({mtime: '-1.5'}), GRAPH), true],
  ['no mark of an end', rawEntry(GRAPH), true],
  ['half a mark of an end', Buffer.concat([rawEntry(GRAPH), new Uint8Array(512)]), true],
  ['an end in a file', rawEntry(GRAPH).subarray(0, 514), false],
  ['an end in the padding of a file', rawEntry(GRAPH).subarray(0, 1000), false],
  ['an end behind an extended header', Buffer.concat([rawEntry(GRAPH), pax({path: 'b'})]), false],
];

const oddArchives: Check = async (context) => {
  const python = await PythonWorker.start(context);
  for (const [what, bytes, reads] of ODD_ARCHIVES) {
    for (const [archive, content] of [
      [path.join(context.directory, 'odd.tar'), bytes],
      [path.join(context.directory, 'odd.tar.gz'), gzip(bytes)],
    ] as const) {
      await writeFile(archive, content);
      const {members: theirs = null} = await python.ask({archive});
      const ours = await unpackArchive(inChunks(content), new MemorySink(), {maxBytes: MEGABYTE}).catch(
        () => null,
      );
      demandSame(theirs, reads ? {'saved_model.pb': 5} : null, `tarfile and ${what}`);
      demandSame(ours, theirs, what);
    }
  }
  return `${ODD_ARCHIVES.length} archives, plain and gzipped, are read or refused as by tarfile`;
};

const ROUNDS = 20;
const EACH = 4;

const oneCacheForBoth: Check = async (context) => {
  const {directory, expected} = await hostedModel(context, 4);
  const downloads = new Map<string, {ours: number; theirs: number}>();
  const upstream = await hostModels({directory});
  context.after(() => upstream.close());
  const bytes = new Uint8Array(
    await (await fetch(`${upstream.url}/model?tf-hub-format=compressed`)).arrayBuffer(),
  );
  // Slow enough that all are waiting for it.
  const send = faulty(bytes, {bytesPerSecond: 8 * MEGABYTE});
  const server = await startServer((request, response) => {
    const by = request.headers['user-agent']?.startsWith('Python') ? 'theirs' : 'ours';
    const counts = downloads.get(request.url!) ?? {ours: 0, theirs: 0};
    counts[by]++;
    downloads.set(request.url!, counts);
    send(request, response);
  });
  context.after(() => server.close());
  const cacheDir = path.join(context.directory, 'cache');
  const pythons = await Promise.all(Array.from({length: EACH}, () => PythonWorker.start(context)));
  const nodes = await Promise.all(Array.from({length: EACH}, () => ResolveWorker.start()));
  context.after(() => Promise.all(nodes.map((node) => node.kill())));
  // The reference looks for a lock and then renames its own over the place: on a busy machine one of its processes may
  // stand still in between, and download what another downloads already. Starting at different times makes that rare.
  const start = () => sleep(Math.random() * 200);
  for (let round = 0; round < ROUNDS; round++) {
    const handle = `${server.url}/model/${round}`;
    const replies = await Promise.all([
      ...pythons.map(async (python) => start().then(() => python.ask({handle, cacheDir}))),
      ...nodes.map(async (node) => start().then(() => node.resolve({handle, options: {cacheDir}}))),
    ]);
    for (const reply of replies)
      demandSame((reply as {digests?: unknown}).digests, expected, `round ${round}`);
  }
  const counts = [...downloads.values()];
  const shown = `downloads by this library and by the reference: ${counts.map(({ours, theirs}) => `${ours}+${theirs}`)}`;
  demand(counts.length === ROUNDS, `models downloaded: ${counts.length} of ${ROUNDS}`);
  demand(
    counts.every(({ours}) => ours <= 1),
    shown,
  );
  const once = counts.filter(({ours, theirs}) => ours + theirs === 1).length;
  demand(once > ROUNDS / 2, shown);
  const left = (await readdir(cacheDir)).filter((name) => /lock|tmp/.test(name));
  demand(left.length === 0, `left in the cache: ${left}`);
  const overlooked = ROUNDS - once;
  return (
    `${ROUNDS} rounds of ${EACH} Python and ${EACH} Node processes: ${once} downloads for all, ` +
    `${overlooked} rounds with more by processes of the reference that overlooked a lock; all models whole`
  );
};

const KILLS = 100;

const kills: Check = async (context) => {
  const files = {'saved_model.pb': randomBytes(1000), 'variables/data': randomBytes(MEGABYTE)};
  const expected = digests(files);
  const server = await startServer(
    faulty(tar(...Object.entries(files).map(([name, body]) => ({name, body}))), {
      bytesPerSecond: 3 * MEGABYTE,
    }),
  );
  context.after(() => server.close());
  const cacheDir = path.join(context.directory, 'cache');
  const options = {cacheDir, deadLockTimeoutMs: 50};
  let next = ResolveWorker.start();
  const interrupted = {before: 0, during: 0, after: 0};
  for (let round = 0; round < KILLS; round++) {
    const worker = await next;
    next = ResolveWorker.start();
    const handle = `${server.url}/${round}`;
    worker.begin({handle, options});
    await sleep(Math.random() * 600);
    await worker.kill();
    const names = await readdir(cacheDir).catch(() => []);
    for (const name of names.filter((one) => /^[0-9a-f]{40}$/.test(one))) {
      demandSame(
        await readDigests(localDirectory(path.join(cacheDir, name))),
        expected,
        `after kill ${round}`,
      );
    }
    const under = names.some((name) => name.endsWith('.tmp'));
    const {fromCache, directory} = await resolve(handle, options);
    interrupted[fromCache ? 'after' : under ? 'during' : 'before']++;
    demandSame(await readDigests(directory), expected, `the load after kill ${round}`);
    await rm(cacheDir, {recursive: true});
  }
  await (await next).kill();
  const {before, during, after} = interrupted;
  return `${KILLS} kills (${before} before, ${during} during, ${after} after the download): never half a model, and the next load succeeds`;
};

const cutConnections: Check = async (context) => {
  const files = {'saved_model.pb': randomBytes(1000), 'variables/data': randomBytes(20 * MEGABYTE)};
  const archive = tar(...Object.entries(files).map(([name, body]) => ({name, body})));
  const send = faulty(archive, {cutAfter: 65536});
  const server = await startServer(send);
  context.after(() => server.close());
  const start = Date.now();
  const {directory} = await resolve(`${server.url}/model`, {cacheDir: path.join(context.directory, 'cache')});
  demandSame(await readDigests(directory), digests(files), 'the model');
  const extra = send.sent() / archive.length - 1;
  demand(extra <= 0.1, `${(100 * extra).toFixed(2)} % sent twice`);
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  return `20 MiB over ${server.requests.length} connections in ${seconds} s, ${(100 * extra).toFixed(2)} % sent twice`;
};

const GIGABYTE = 1e9;
const MAX_GROWTH = 150e6;

const memory: Check = async (context) => {
  const directory = path.join(context.directory, 'hosted');
  await mkdir(path.join(directory, 'model/variables'), {recursive: true});
  await writeFile(path.join(directory, 'model/saved_model.pb'), 'graph');
  const data = path.join(directory, 'model/variables/variables.data-00000-of-00001');
  await writeFile(data, randomBytes(MEGABYTE));
  await truncate(data, GIGABYTE);
  const said: string[] = [];
  for (const gzip of [false, true]) {
    const server = await hostModels({directory, gzip});
    context.after(() => server.close());
    // The archive is made on the first request; that shall not count as waiting.
    await fetch(`${server.url}/model?tf-hub-format=compressed`, {method: 'HEAD'});
    const cacheDir = path.join(context.directory, `cache-${gzip}`);
    const {stdout} = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', here('hub_memory.ts')],
      `${server.url}/model`,
      cacheDir,
    ]);
    const {idle, peak, seconds} = JSON.parse(stdout) as {idle: number; peak: number; seconds: number};
    const grown = `${((peak - idle) / 1e6).toFixed(0)} MB above ${(idle / 1e6).toFixed(0)} MB`;
    demand(peak - idle < MAX_GROWTH, grown);
    said.push(`${gzip ? 'gzipped' : 'plain'}: ${grown}, ${seconds.toFixed(1)} s`);
    await rm(cacheDir, {recursive: true});
  }
  return `1 GB, ${said.join('; ')}`;
};

const CHECKS: Readonly<Record<string, Check>> = {
  'tensorflow_hub and the server': pythonLoadsFromOurServer,
  'the integrity of models': integrities,
  'odd archives': oddArchives,
  'one cache for tensorflow_hub and this library': oneCacheForBoth,
  'kill -9 during downloads': kills,
  'connections cut at every 64 KiB': cutConnections,
  'memory of a large download': memory,
};

/** Runs checks with this word in their names, and says of each what it measured or how it failed. */
async function runChecks(python: string, word: string): Promise<Score> {
  const details: string[] = [];
  let failed = 0;
  const chosen = Object.entries(CHECKS).filter(([name]) => name.includes(word));
  for (const [name, check] of chosen) {
    const cleanUps: (() => unknown)[] = [];
    const directory = await mkdtemp(path.join(os.tmpdir(), 'tfhub-conformance-'));
    cleanUps.push(() => rm(directory, {recursive: true, force: true}));
    try {
      const measured = await check({python, directory, after: (cleanUp) => cleanUps.push(cleanUp)});
      details.push(`ok    ${name}: ${measured}`);
    } catch (error) {
      failed++;
      details.push(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`);
    } finally {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    }
  }
  return {
    part: 'handles, downloads and the shared cache',
    passed: chosen.length - failed,
    failed,
    details,
  };
}

const [python = 'python3', word = ''] = process.argv.slice(2);
tell([await runChecks(python, word)]);
