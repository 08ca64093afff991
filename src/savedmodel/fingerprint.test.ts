/** Fingerprints as TensorFlow wrote them beside the fixtures. */

import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {decodeMessage, FingerprintDef, SavedModel} from '../proto/index.js';
import {fingerprint} from './fingerprint.js';

const MODELS = 'fixtures/models';

// TensorFlow hashes the whole model as its C++ serialises it, and the graph without what differs between equal programs.
const KEYS = ['signatureDefHash', 'savedObjectGraphHash', 'checkpointHash'] as const;

it.each([
  'assets',
  'cnn',
  'conditionals',
  'custom_gradient',
  'keras3_mlp_tfnew',
  'lookup_tables',
  'mymul',
  'mymul_tfnew',
  'nested_arguments',
  'polymorphic',
  'ragged_ops',
])('%s: its parts have the hashes that TensorFlow gave them', (name) => {
  const read = (file: string) => new Uint8Array(readFileSync(`${MODELS}/${name}/${file}`));
  const model = read('saved_model.pb');
  const {metaGraphs} = decodeMessage(SavedModel, model, name);
  const made = fingerprint(model, metaGraphs[0]!, read('variables/variables.index'));
  const expected = decodeMessage(FingerprintDef, read('fingerprint.pb'), name);
  for (const key of KEYS) expect(made[key], key).toBe(expected[key]);
});
