/** Types of models: of all fixtures they compile, and what is called by them is what the models give. */

import {execFileSync} from 'node:child_process';
import {mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {beforeAll, describe, expect, it} from 'vitest';
import {localDirectory} from '../../platform/node.js';
import type {LoadModelOptions} from './load.js';
import {typeDeclarations} from './type_declarations.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DIRECTORY = `${ROOT}build/model-types/`;

const typesOf = (name: string, options?: LoadModelOptions) =>
  typeDeclarations(localDirectory(`${ROOT}fixtures/models/${name}`), name, options);

/** Compiles files under strict TypeScript; what it complains about. */
function complaints(files: Readonly<Record<string, string>>): string {
  rmSync(DIRECTORY, {recursive: true, force: true});
  mkdirSync(DIRECTORY, {recursive: true});
  for (const [name, text] of Object.entries(files)) writeFileSync(`${DIRECTORY}${name}.ts`, text);
  const compilerOptions = {
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'es2022',
    lib: ['es2023', 'dom'],
    types: [],
    noEmit: true,
    // tfjs's own do not compile.
    skipLibCheck: true,
  };
  writeFileSync(`${DIRECTORY}tsconfig.json`, JSON.stringify({compilerOptions, include: ['*.ts']}));
  try {
    execFileSync('node', [`${ROOT}node_modules/typescript/bin/tsc`, '-p', DIRECTORY], {encoding: 'utf8'});
    return '';
  } catch (error) {
    return (error as {stdout: string}).stdout;
  }
}

describe('types of models', () => {
  const files: Record<string, string> = {};
  beforeAll(async () => {
    const models = readdirSync(`${ROOT}fixtures/models`, {withFileTypes: true}).filter((each) =>
      each.isDirectory(),
    );
    for (const {name} of models) {
      // Of several graphs one has to be chosen.
      const tags = name === 'v1_meta_graphs' ? ['serve'] : undefined;
      files[name] = await typesOf(name, tags && {tags});
    }
  });

  it('compile, whatever the models hold', () => {
    expect(Object.keys(files).length).toBeGreaterThan(100);
    expect(complaints(files)).toBe('');
  });

  it('say what is taken and given, and refuse what is not', () => {
    const use = `
      import * as tf from '@tensorflow/tfjs-core';
      import * as hub from 'tensorflow-hub';
      import type {Model} from './sub_objects.js';
      import type {Model as Odd} from './odd_names.js';
      const model = await hub.load<Model>('handle');
      const y: tf.Tensor2D = model.encoder.embed(tf.zeros([2, 3]), {normalize: true});
      const z: tf.Tensor2D = await model.encoder.embed.async([[1, 2, 3]], false);
      const {mean, scale} = model.encoder.sample(y);
      const kernel: tf.Variable = model.encoder.layers[0].kernel;
      const again: Model = model.encoder.parent;
      const weights: tf.Variable[] = model.encoder.trainableVariables;
      const odd = await hub.load<Odd>('handle');
      const {input_1} = odd.signatures.one({'input.1': [1, 2]});
      const bare: tf.Tensor = odd.signatures.one([1, 2]).input_1;
      const exact: hub.ExactTensor = odd.signatures.one([1, 2], {exact: true}).input_1;
      // @ts-expect-error the argument is missing
      model.encoder.embed();
      // @ts-expect-error there is no such argument
      model.encoder.embed(y, {normalise: true});
      // @ts-expect-error there is no such attribute
      model.decoder;
      // @ts-expect-error there is no such output
      odd.signatures.one([1, 2]).output;
      // @ts-expect-error an input is missing
      odd.signatures.serving_default({'input.1': [1, 2]});
      export {z, mean, scale, kernel, again, weights, input_1, bare, exact};
    `;
    expect(complaints({...files, use})).toBe('');
  });
});

it('an interface is written for each object that has something to it, under a name of its own', async () => {
  const types = await typesOf('sub_objects');
  expect(types.split('\n').slice(0, 7)).toEqual([
    '// Types of sub_objects, written by `tfhub types`.',
    '',
    "import type * as tf from '@tensorflow/tfjs-core';",
    "import type * as hub from 'tensorflow-hub';",
    '',
    'export interface Model extends hub.ModelObject {',
    '  readonly encoder: Encoder;',
  ]);
  expect(types).toContain('  readonly parent: Model;\n');
  const names = [...types.matchAll(/^export interface (\w+)/gm)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
});

it('of graphs of TensorFlow 1 there are signatures', async () => {
  expect(await typesOf('v1_tables')).toMatch(/^ {4}readonly \w+: hub\.Signature<.*>;$/m);
});
