/** SavedModels that others made, where the folder of them is at hand (it is not part of the repository). */

import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, describe, expect, it} from 'vitest';
import {localDirectory} from '../../platform/node.js';
import type {TensorInput} from '../boundary.js';
import {loadModel} from './load.js';

interface Call {
  readonly model: string;
  readonly signature: string;
  readonly inputs: Record<string, 'chord' | {b64: string[]} | TensorInput>;
  readonly outputs: Record<
    string,
    {shape: number[]; sum: number; squares: number; every: number; elements: number[]; spread: number}
  >;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const MODELS = process.env.TFHUB_REAL_MODELS ?? here('../../../../shared/testdata');
const EXPECTED = process.env.TFHUB_REAL_MODELS_EXPECTED ?? here('../../../fixtures/real_models.json');
const {calls} = JSON.parse(readFileSync(EXPECTED, 'utf8')) as {calls: Call[]};
const present = existsSync(MODELS);
const unpacked = mkdtempSync(join(tmpdir(), 'tfhub-real-'));
afterAll(() => rmSync(unpacked, {recursive: true, force: true}));

const RATE = 22050;
/** C major, as MIDI notes. */
const CHORD = [60, 64, 67];
const LOWEST_NOTE = 21;

/** The audio that `fixtures/real_models.py` synthesises. */
function chord(): tf.Tensor {
  const audio = new Float64Array(43844);
  for (const note of CHORD) {
    const frequency = 440 * 2 ** ((note - 69) / 12);
    for (let harmonic = 1; harmonic < 6; harmonic++) {
      for (let i = 0; i < audio.length; i++) {
        audio[i]! += Math.sin((2 * Math.PI * frequency * harmonic * i) / RATE) / harmonic ** 1.5;
      }
    }
  }
  const peak = audio.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const decayed = Float32Array.from(audio, (value, i) => value * (Math.exp(-i / RATE / 1.5) / peak));
  return tf.tensor(decayed, [1, audio.length, 1]);
}

function directoryOf(model: string): string {
  const archive = join(MODELS, `${model}.tar.gz`);
  if (!existsSync(archive)) return join(MODELS, model);
  execFileSync('tar', ['xzf', archive, '-C', unpacked]);
  return unpacked;
}

function decodeInput(input: Call['inputs'][string]): TensorInput {
  if (input === 'chord') return chord();
  if (typeof input === 'object' && 'b64' in input)
    return input.b64.map((text) => new Uint8Array(Buffer.from(text, 'base64')));
  return input;
}

describe('real models', () => {
  it(
    present ? 'are at hand' : `SKIPPED: no models at ${MODELS}; set TFHUB_REAL_MODELS to their folder`,
    () => {
      if (!present) console.log(`real models: skipped, there is no ${MODELS}`);
    },
  );
});

describe.runIf(present)('real models compute what TensorFlow computes', () => {
  for (const {model: name, signature, inputs, outputs} of calls) {
    it(`${name}, ${signature}`, async () => {
      const model = await loadModel(localDirectory(directoryOf(name)));
      const given = Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [key, decodeInput(value)]),
      );
      const results = model.signatures[signature]!(given) as Record<string, tf.Tensor>;
      expect(Object.keys(results).sort()).toEqual(Object.keys(outputs).sort());
      for (const [key, {shape, sum, squares, every, elements, spread}] of Object.entries(outputs)) {
        const result = results[key]!;
        expect(result.shape, key).toEqual(shape);
        const data = Array.from(result.dataSync());
        // basic_pitch takes logarithms of faint spectra: there TensorFlow differs from itself by more than 1e-4.
        const atol = Math.max(1e-4, 2 * spread);
        const total = data.reduce((a, b) => a + b, 0);
        const totalSquares = data.reduce((a, b) => a + b * b, 0);
        expect(Math.abs(total - sum), `sum of ${key}`).toBeLessThanOrEqual(1e-3 * Math.abs(sum) + 1e-4);
        expect(Math.abs(totalSquares - squares)).toBeLessThanOrEqual(1e-3 * squares + 1e-4);
        elements.forEach((expected, i) => {
          const value = data[i * every]!;
          if (!(Math.abs(value - expected) <= 1e-4 * Math.abs(expected) + atol)) {
            expect.fail(`${key}[${i * every}]: got ${value}, TensorFlow gives ${expected}`);
          }
        });
      }
      tf.dispose([results, given as never]);
      model.dispose();
    });
  }

  it('basic_pitch hears the notes of a chord', async () => {
    const model = await loadModel(localDirectory(join(MODELS, 'basic_pitch_nmp')));
    const {note} = model.signatures.serving_default!(chord()) as Record<string, tf.Tensor>;
    const activation = Array.from(tf.mean(note!, [0, 1]).dataSync());
    const loudest = activation
      .map((value, i) => ({note: i + LOWEST_NOTE, value}))
      .sort((a, b) => b.value - a.value)
      .slice(0, CHORD.length);
    expect(loudest.map((each) => each.note).sort((a, b) => a - b)).toEqual(CHORD);
    model.dispose();
  });
});
