/**
 * The parts of `npm run conformance`: both releases of TensorFlow are installed, everything that they can say of this library
 * is built anew and compared.
 *
 * @module
 */

import {existsSync, mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {counted, type Part, type PartOptions, ROOT, tested, whole} from './part.js';
import {ENVIRONMENT, pythonOf, WITH_ONE_DNN} from './tensorflow.js';

const BUILD = join(ROOT, 'build', 'conformance');

const [OLD, NEWEST] = [pythonOf('2.15'), pythonOf('newest')];

/** Sessions are compared by the parts that say so: both engines everywhere would take twice the time. */
const INTERPRETED = {...ENVIRONMENT, TFHUB_ENGINE: 'tfjs'} as const;

const AFTER_OLD: PartOptions = {after: ['TensorFlow 2.15'], env: INTERPRETED};
const AFTER_NEWEST: PartOptions = {after: ['TensorFlow newest'], env: INTERPRETED};
const AFTER_BOTH: PartOptions = {after: ['TensorFlow 2.15', 'TensorFlow newest'], env: INTERPRETED};

/** A script of this folder. */
const script = (name: string, ...args: readonly string[]): string[] => [
  'npx',
  'tsx',
  `scripts/${name}`,
  ...args,
];

const built = (name: string): string => join(BUILD, name);

/** All there is to do: what others wait for, and what takes long, comes first. Empties the directory that they build in. */
export function conformanceParts(): readonly Part[] {
  rmSync(BUILD, {recursive: true, force: true});
  mkdirSync(built('ops'), {recursive: true});
  return [
    whole('TensorFlow 2.15', script('tensorflow.ts', '2.15'), {waits: true}),
    whole('TensorFlow newest', script('tensorflow.ts', 'newest'), {waits: true}),
    fixtures('2.15', OLD, AFTER_OLD),
    fixtures('newest', NEWEST, AFTER_NEWEST),
    // One process: other parts run beside it.
    counted('damaged models', script('conformance_fuzz.ts'), {env: {TFHUB_FUZZ_LANES: '1'}}),
    tested('memory over 1,000 calls', ['src/savedmodel/load/memory.test.ts'], {
      env: {TFHUB_MEMORY_SECONDS: '45'},
    }),
    whole('single-op cases', [OLD, 'fixtures/ops/build.py', '--out', built('ops')], {
      ...AFTER_OLD,
      env: WITH_ONE_DNN,
    }),
    counted('saved', script('conformance_save.ts', built('saved'), OLD, NEWEST, ...bothFixtures()), {
      after: ['fixtures 2.15', 'fixtures newest'],
      env: INTERPRETED,
    }),
    tested('single ops', ['src/ops'], {after: ['single-op cases'], env: {TFHUB_OP_CASES: built('ops')}}),
    counted('handles', script('conformance_hub.ts', OLD), AFTER_OLD),
    ...['2.15', 'newest'].flatMap((release) => compared(release)),
    counted(
      'layers of tfjs-layers',
      script('conformance_layers.ts', built('layers'), OLD, NEWEST),
      AFTER_BOTH,
    ),
    counted('traced', script('conformance_trace.ts', built('traced'), OLD, NEWEST), AFTER_BOTH),
    counted('raw ops', script('conformance_raw_ops.ts', built('raw_ops'), OLD), AFTER_OLD),
    counted('regular expressions', script('conformance_regex.ts', built('regex'), OLD), AFTER_OLD),
    counted('random strings', script('conformance_text.ts', built('text'), OLD), AFTER_OLD),
    counted('concurrent saves', script('conformance_concurrent_saves.ts', built('concurrent_saves')), {
      env: INTERPRETED,
    }),
    counted('killed saves', script('conformance_kill_save.ts', built('kills')), {env: INTERPRETED}),
    ...invalidGraphs(),
    ...trajectories(),
    ...kerasLayers(),
    ...realModels(),
    counted(
      'models as ONNX',
      script('conformance_onnx.ts', built('onnx'), OLD, fixturesOf('2.15'), ...othersAtHand()),
      {
        after: ['fixtures 2.15'],
        env: INTERPRETED,
      },
    ),
    counted(
      'checkpoints',
      script('conformance_checkpoint.ts', built('checkpoints'), OLD, NEWEST),
      AFTER_BOTH,
    ),
    ...generated(),
  ];
}

const fixturesOf = (release: string): string => built(`fixtures-${release}`);

const bothFixtures = (): string[] => ['2.15', 'newest'].map(fixturesOf);

/** Every fixture, built by a release. */
function fixtures(release: string, python: string, options: PartOptions): Part {
  const sizes = ['--sizes', 'small,medium,large'];
  return whole(
    `fixtures ${release}`,
    [python, 'fixtures/build.py', '--out', fixturesOf(release), ...sizes],
    options,
  );
}

/** What fixtures compute here, by the interpreter on both backends and by sessions. */
const compared = (release: string): Part[] =>
  [
    {backend: 'cpu', engine: 'tfjs'},
    {backend: 'wasm', engine: 'tfjs'},
    {backend: 'wasm', engine: 'onnx'},
  ].map(({backend, engine}) =>
    tested(
      `fixtures ${release} compared, ${engine} on the ${backend} backend`,
      ['src/savedmodel/load/fixtures.test.ts'],
      {
        after: [`fixtures ${release}`],
        env: {TFHUB_FIXTURES: fixturesOf(release), TFHUB_BACKEND: backend, TFHUB_ENGINE: engine},
      },
    ),
  );

/** Graphs that contradict the definitions of their ops: what TensorFlow refuses is refused here. */
function invalidGraphs(): Part[] {
  const file = built('invalid_graphs.json.gz');
  return [
    whole('invalid graphs in TensorFlow', [OLD, 'fixtures/invalid_graphs.py', file], AFTER_OLD),
    tested('invalid graphs', ['src/savedmodel/load/invalid_graphs.test.ts'], {
      after: ['invalid graphs in TensorFlow'],
      env: {TFHUB_INVALID_GRAPHS: file},
    }),
  ];
}

/** Training steps of Python's `hub.KerasLayer`, taken here. */
function trajectories(): Part[] {
  const out = built('trajectories');
  return [
    whole('training with hub.KerasLayer', [OLD, 'fixtures/trajectories.py', '--out', out], AFTER_OLD),
    tested('training trajectories', ['src/keras/trajectories.test.ts'], {
      after: ['training with hub.KerasLayer'],
      env: {TFHUB_TRAJECTORIES: out},
    }),
  ];
}

/** Layers of the fixtures that were built anew, beside what Python's `hub.KerasLayer` makes of them. */
function kerasLayers(): Part[] {
  const [models, facts] = [fixturesOf('2.15'), built('keras_layers.json')];
  return [
    whole('fixtures as layers of Keras', [OLD, 'fixtures/keras_layers.py', models, facts], {
      after: ['fixtures 2.15'],
      env: ENVIRONMENT,
    }),
    tested('fixtures as layers', ['src/keras/layer_facts.test.ts'], {
      after: ['fixtures as layers of Keras'],
      env: {TFHUB_FIXTURES: models, TFHUB_KERAS_LAYERS: facts},
    }),
  ];
}

/** Where models of others would be. */
const OTHERS = process.env.TFHUB_REAL_MODELS ?? join(ROOT, '..', 'shared', 'testdata');

/** Their folder, where it is at hand. */
const othersAtHand = (): string[] => (existsSync(OTHERS) ? [OTHERS] : []);

/** Models of others, every element compared; nothing to do where their folder is not at hand. */
function realModels(): Part[] {
  const [models] = othersAtHand();
  if (models === undefined) {
    console.log(`Real models: skipped, there is no ${OTHERS}`);
    return [];
  }
  const expected = built('real_models.json');
  return [
    whole(
      'real models computed by TensorFlow',
      [OLD, 'fixtures/real_models.py', models, '--full', '--out', expected],
      {...AFTER_OLD, env: WITH_ONE_DNN},
    ),
    tested('real models', ['src/savedmodel/load/real_models.test.ts'], {
      after: ['real models computed by TensorFlow'],
      env: {TFHUB_REAL_MODELS: models, TFHUB_REAL_MODELS_EXPECTED: expected},
    }),
  ];
}

/** What is generated is what would be generated. */
const generated = (): Part[] => [
  whole('message types as generated', [OLD, 'scripts/generate_protos.py', '--check'], AFTER_OLD),
  whole('op definitions of 2.15 as generated', [OLD, 'scripts/generate_op_defs.py', '--check'], AFTER_OLD),
  whole(
    'newer op definitions as generated',
    [NEWEST, 'scripts/generate_op_defs.py', '--check'],
    AFTER_NEWEST,
  ),
  whole('Unicode groups as generated', [OLD, 'scripts/generate_unicode_groups.py', '--check'], AFTER_OLD),
  whole('types of raw ops as generated', script('generate_raw_ops.ts', '--check')),
];
