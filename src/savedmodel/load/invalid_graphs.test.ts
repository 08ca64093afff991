/**
 * Models whose graphs contradict the definitions of their ops. `fixtures/invalid_graphs.py` asked TensorFlow what it makes of
 * each.
 */

import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {FormatError} from '../../errors.js';
import {memoryDirectory} from '../../platform/memory.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {loadModel} from './load.js';
import type {RestoredFunction} from './restored_function.js';

interface Case {
  readonly name: string;
  /** The `saved_model.pb`, in base64. */
  readonly model: string;
  /** When TensorFlow refuses it; null where it does not. */
  readonly refused: string | null;
}

/** The committed file, or one that conformance has written just now. */
const FILE =
  process.env.TFHUB_INVALID_GRAPHS ?? new URL('../../../fixtures/invalid_graphs.json.gz', import.meta.url);
const {cases} = JSON.parse(gunzipSync(readFileSync(FILE)).toString()) as {cases: Case[]};

/** Loads a model and calls both of its functions, as `invalid_graphs.py` does. */
async function loadAndCall({model}: Case): Promise<void> {
  const loaded = await loadModel(memoryDirectory({'saved_model.pb': Buffer.from(model, 'base64')}));
  try {
    const {call, flow} = loaded as unknown as Record<'call' | 'flow', RestoredFunction>;
    tf.tidy(() => {
      call(tf.ones([2, 3]));
      flow(tf.scalar(1), tf.scalar(true));
    });
  } finally {
    loaded.dispose();
  }
}

describe('a graph with', () => {
  beforeAll(quietCpuBackend);

  for (const each of cases) {
    if (each.refused === null) it(`${each.name} runs`, () => loadAndCall(each));
    else {
      it(`${each.name} is refused`, () => expect(loadAndCall(each)).rejects.toThrow(FormatError));
    }
  }

  it('one thing of twelve kinds or more is refused by TensorFlow, too', () => {
    expect(cases.filter(({refused}) => refused !== null).length).toBeGreaterThan(30);
  });
});
