/**
 * Loops, branches and recurrent layers of real models: that they are computed in sessions, and what TensorFlow computed.
 */

import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {localDirectory} from '../platform/node.js';
import {loadModel} from '../savedmodel/load/load.js';
import {caseTitle, checkCase, readFixtures} from '../savedmodel/testing/fixture_cases.js';
import {MODELS} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import type {CompileReport} from './analyse.js';
import {watchCompilation} from './engine.js';

/** Models, and which of their ops are to be lowered somewhere: sessions of few nodes are not worth while. */
const MODELS_OF: Readonly<Record<string, readonly string[]>> = {
  lstm: ['StatelessWhile', 'TensorListFromTensor', 'TensorListStack'],
  gru: ['StatelessWhile', 'While'],
  loops: ['StatelessWhile'],
  conditionals: ['StatelessIf', 'StatelessCase'],
  tensor_arrays: ['TensorListReserve', 'TensorListFromTensor'],
};

const fixtures = readFixtures(MODELS);

beforeAll(async () => {
  await quietCpuBackend();
  await tf.setBackend('cpu');
});

let unwatch: (() => void) | undefined;
afterEach(() => unwatch?.());

for (const [name, ops] of Object.entries(MODELS_OF)) {
  describe(name, () => {
    const fixture = fixtures.find((each) => each.name === name)!;
    it('computes what TensorFlow does, and lowers', async () => {
      const reports: CompileReport[] = [];
      unwatch = watchCompilation({compiled: (report) => reports.push(report)});
      const model = await loadModel(localDirectory(fixture.directory), {engine: 'onnx'});
      try {
        for (const [index, each] of fixture.cases.entries()) {
          try {
            await checkCase(model, each);
          } catch (error) {
            throw new Error(caseTitle(each, index), {cause: error});
          }
        }
      } finally {
        model.dispose();
      }
      const nodes = reports.flatMap((report) => report.nodes).filter(({reason}) => reason === undefined);
      const lowered = new Set(nodes.map(({node}) => node.op));
      expect(ops.filter((op) => !lowered.has(op))).toEqual([]);
    });
  });
}
