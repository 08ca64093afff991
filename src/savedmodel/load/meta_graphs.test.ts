/** Tests of what a model tells without being loaded; the right values are read from the same files by TensorFlow's own. */

import type * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {FormatError} from '../../errors.js';
import {memoryDirectory} from '../../platform/memory.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {fixtureDirectory} from '../testing/fixtures.js';
import {loadModel} from './load.js';
import {readMetaGraphs} from './meta_graphs.js';

const float = (name: string, shape?: number[]): tf.ModelTensorInfo => ({
  name,
  dtype: 'float32',
  tfDtype: 'DT_FLOAT',
  ...(shape && {shape}),
});

describe('getMetaGraphs', () => {
  it('gives signatures with the names of their tensors, and no initialisers', async () => {
    expect(await readMetaGraphs(fixtureDirectory('mymul'))).toEqual([
      {
        tags: ['serve'],
        signatureDefs: {
          serving_default: {
            inputs: {x: float('serving_default_x:0')},
            outputs: {output_0: float('StatefulPartitionedCall:0')},
          },
        },
      },
    ]);
    expect(await readMetaGraphs(fixtureDirectory('dict_in_dict_out'))).toEqual([
      {tags: ['serve'], signatureDefs: {}},
    ]);
  });

  it('gives every graph with its tags', async () => {
    const def = {inputs: {x: float('x:0', [-1, 3])}, outputs: {y: float('mul_1:0', [-1, 3])}};
    expect(await readMetaGraphs(fixtureDirectory('v1_meta_graphs'))).toEqual([
      {tags: ['train'], signatureDefs: {train: def}},
      {tags: ['serve'], signatureDefs: {serving_default: def}},
      {tags: ['serve', 'gpu'], signatureDefs: {serving_default: def}},
    ]);
  });

  it("gives dtypes of tfjs beside TensorFlow's", async () => {
    const [graph] = await readMetaGraphs(fixtureDirectory('v1_resource_variables'));
    expect(graph!.signatureDefs.state!.outputs).toEqual({
      step: {name: 'Identity_1:0', dtype: 'int32', tfDtype: 'DT_INT64', shape: []},
      label: {name: 'Identity_2:0', dtype: 'string', tfDtype: 'DT_STRING', shape: [2]},
    });
  });

  it('refuses what is no SavedModel', async () => {
    await expect(readMetaGraphs(memoryDirectory({}))).rejects.toThrow(FormatError);
  });
});

describe('signatures', () => {
  beforeAll(quietCpuBackend);

  it.each(['mymul', 'v1_tables', 'v1_resource_variables'])(
    'of %s know their tensors in the graph',
    async (name) => {
      const model = await loadModel(fixtureDirectory(name));
      const [graph] = await readMetaGraphs(fixtureDirectory(name));
      for (const [key, {inputs, outputs}] of Object.entries(graph!.signatureDefs)) {
        const nodes = (table: Readonly<Record<string, {node?: string}>>) =>
          Object.fromEntries(Object.entries(table).map(([each, {node}]) => [each, node]));
        const names = (table: Readonly<Record<string, tf.ModelTensorInfo>>) =>
          Object.fromEntries(Object.entries(table).map(([each, info]) => [each, info.name]));
        expect(nodes(model.signatures[key]!.inputs)).toEqual(names(inputs));
        expect(nodes(model.signatures[key]!.outputs)).toEqual(names(outputs));
      }
      model.dispose();
    },
  );
});
