/**
 * The releases of TensorFlow that this library is compared with, each in a virtual environment under `.venv/`.
 * `tsx scripts/tensorflow.ts 2.15` installs one where it is not there, or where its requirements have changed; `bench` and
 * `text` what benchmarks need beside it.
 *
 * @module
 */

import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const RELEASES = {
  '2.15': {
    requirements: 'fixtures/requirements-2.15.txt',
    pythons: ['python3.11', 'python3.10', 'python3.9', 'python3'],
    minors: [9, 11],
  },
  newest: {
    requirements: 'fixtures/requirements-newest.txt',
    pythons: ['python3.11', 'python3.12', 'python3.13', 'python3.10', 'python3'],
    minors: [10, 13],
  },
} as const;

export type Release = keyof typeof RELEASES;

/** What the processes of TensorFlow find in their environment. */
export const ENVIRONMENT = {
  TF_CPP_MIN_LOG_LEVEL: '3',
  PYTHONDONTWRITEBYTECODE: '1',
  // With oneDNN, TensorFlow (2.15 and 2.21) fails on convolutions in loaded models on some processors.
  TF_ENABLE_ONEDNN_OPTS: '0',
} as const;

/** Channels-first layouts have kernels only in oneDNN. */
export const WITH_ONE_DNN = {...ENVIRONMENT, TF_ENABLE_ONEDNN_OPTS: '1'} as const;

/** The virtual environment of a release. */
const venvOf = (release: Release): string => join(ROOT, '.venv', release);

/** The Python in it. */
export const pythonOf = (release: Release): string => join(venvOf(release), 'bin', 'python');

const PIP_INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];

function install(release: Release): void {
  const {requirements, pythons} = RELEASES[release];
  const [directory, python] = [venvOf(release), pythonOf(release)];
  installed(`TensorFlow ${release}`, directory, requirements, () => {
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
function installHubV1(): void {
  const requirements = 'fixtures/requirements-hub-v1.txt';
  const directory = join(ROOT, '.venv', 'hub-v1');
  installed("TensorFlow 1's tensorflow_hub", directory, requirements, () => [
    [pythonOf('2.15'), ...PIP_INSTALL, '--no-deps', '--target', directory, '-r', requirements],
  ]);
}

/** Packages that stand beside TensorFlow 2.15: whoever needs them puts their directory on Python's path. */
interface Packages {
  readonly what: string;
  readonly requirements: string;
  readonly directory: string;
}

/** Packages of Python that benchmarks measure. */
export const benchPackages = join(ROOT, '.venv', 'bench');

/** Packages of Python for text: TF Text, SentencePiece. */
export const textPackages = join(ROOT, '.venv', 'text');

const BENCH: Packages = {
  what: 'what benchmarks measure',
  requirements: 'fixtures/requirements-bench.txt',
  directory: benchPackages,
};

const TEXT: Packages = {
  what: 'TF Text',
  requirements: 'fixtures/requirements-text.txt',
  directory: textPackages,
};

/** Installs {@link benchPackages}, and TensorFlow. */
export const installBench = (): void => installPackages(BENCH);

/** Installs {@link textPackages}, and TensorFlow. */
export const installText = (): void => installPackages(TEXT);

function installPackages({what, requirements, directory}: Packages): void {
  install('2.15');
  installed(what, directory, requirements, () => [
    [pythonOf('2.15'), ...PIP_INSTALL, '--no-deps', '--target', directory, '-r', requirements],
  ]);
}

/** Fills a directory by commands where it is not there or its requirements have changed. */
function installed(
  what: string,
  directory: string,
  requirements: string,
  commands: () => readonly (readonly string[])[],
): void {
  const stamp = join(directory, 'requirements.sha256');
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, requirements)))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(directory, {recursive: true, force: true});
  console.log(`Installing ${what} ...`);
  for (const [command, ...args] of commands()) {
    const {status} = spawnSync(command!, args, {cwd: ROOT, stdio: 'inherit'});
    if (status !== 0) throw new Error(`installing ${what} failed`);
  }
  writeFileSync(stamp, wanted);
}

function works(python: string, release: Release): boolean {
  const [least, most] = RELEASES[release].minors;
  const {status, stdout} = spawnSync(python, ['-c', 'import sys; print(sys.version_info[1])'], {
    encoding: 'utf8',
  });
  const minor = Number(stdout);
  return status === 0 && minor >= least && minor <= most;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [release = ''] = process.argv.slice(2);
  const packages: Readonly<Record<string, () => void>> = {bench: installBench, text: installText};
  const names = [...Object.keys(RELEASES), ...Object.keys(packages)];
  if (!names.includes(release)) throw new Error(`there are: ${names.join(', ')}`);
  if (release in packages) packages[release]!();
  else install(release as Release);
  if (release === '2.15') installHubV1();
}
