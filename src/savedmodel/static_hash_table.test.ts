import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError, SaveError} from '../errors.js';
import {useBackend} from '../ops/testing/op_cases.js';
import {MemoryOutput} from '../platform/testing/memory_output.js';
import {func, TensorSpec} from '../trace/func.js';
import {loadModel} from './load/load.js';
import type {CallableObject, LoadedObject} from './load/loaded_object.js';
import {rawOps} from './raw/raw_ops.js';
import {writeSavedModel} from './save/save.js';
import {Trackable} from './save/trackable.js';
import {StaticHashTable} from './static_hash_table.js';

beforeAll(() => useBackend('cpu'));

async function saveAndLoad(object: object): Promise<CallableObject> {
  const output = new MemoryOutput();
  await writeSavedModel(object, output);
  return (await loadModel(output.directory())) as CallableObject;
}

const WORDS = ['the', 'quick', 'fox'];

/** Words of sentences to numbers, and the sums of their vectors, in TensorFlow's ops. */
class TextVectors extends Trackable {
  table = new StaticHashTable({keys: WORDS, values: [1, 2, 3]}, 0, {name: 'words'});
  vectors = tf.variable(tf.tensor2d([0, 1, 10, 100], [4, 1]));
  variables = [this.vectors];
  trainable_variables = [this.vectors];
  __call__ = func(
    (sentences: tf.Tensor) => {
      const lower = rawOps.StringLower({input: sentences}, {encoding: 'utf-8'});
      const plain = rawOps.StaticRegexReplace({input: lower}, {pattern: '[[:punct:]]', rewrite: ''});
      const {indices, values, shape} = rawOps.StringSplitV2({input: plain, sep: ''});
      const ids = this.table.lookup(values);
      const dense = {sparse_indices: indices, output_shape: shape, sparse_values: ids, default_value: -1n};
      const one = [1];
      const sums = rawOps.UnsortedSegmentSum({
        data: rawOps.ResourceGather({resource: this.vectors, indices: ids}, {dtype: 'float32'}),
        segment_ids: rawOps.Squeeze(
          {input: rawOps.Slice({input: indices, begin: [0, 0], size: [-1, 1]})},
          {axis: one},
        ),
        num_segments: rawOps.Squeeze({input: rawOps.Slice({input: shape, begin: [0], size: one})}),
      });
      return {ids: rawOps.SparseToDense(dense), sums};
    },
    {inputSignature: [new TensorSpec([null], 'string', 'sentences')]},
  );
}

const SENTENCES = ['The quick, quick FOX!', '', 'unknown fox'];
const IDS = [
  [1, 2, 2, 3],
  [-1, -1, -1, -1],
  [0, 3, -1, -1],
];
const SUMS = [[1 + 10 + 10 + 100], [0], [100]];

describe('a static hash table', () => {
  it('looks keys up', () => {
    tf.tidy(() => {
      const table = new StaticHashTable({keys: WORDS, values: ['le', 'rapide', 'renard']}, '?');
      expect(table.lookup([['fox', 'x']]).arraySync()).toEqual([['renard', '?']]);
      expect(table.size().arraySync()).toBe(3);
      const numbers = new StaticHashTable({keys: [10, 20], values: [0.5, 0.25]}, -1);
      expect([numbers.keyDType, numbers.valueDType]).toEqual(['int64', 'float32']);
      expect(numbers.lookup(tf.tensor1d([20, 30], 'int32')).arraySync()).toEqual([0.25, -1]);
    });
  });

  it('refuses entries that do not fit', () => {
    expect(() => new StaticHashTable({keys: ['a', 'b'], values: [1]}, 0)).toThrow(CallError);
    expect(() => new StaticHashTable({keys: ['a'], values: ['b']}, 0)).toThrowWithMessage(
      CallError,
      'the default value of a table must be string',
    );
    expect(() => new StaticHashTable({keys: [0.5], values: [1]}, 0)).toThrowWithMessage(CallError, 'keys');
  });

  it('is used by functions, with string ops', () => {
    const {ids, sums} = new TextVectors().__call__(tf.tensor(SENTENCES)) as {ids: tf.Tensor; sums: tf.Tensor};
    expect(ids.arraySync()).toEqual(IDS);
    expect(sums.arraySync()).toEqual(SUMS);
  });

  it('is saved with the functions that use it', async () => {
    const loaded = await saveAndLoad(new TextVectors());
    const {ids, sums} = loaded(SENTENCES) as {ids: tf.Tensor; sums: tf.Tensor};
    expect(ids.arraySync()).toEqual(IDS);
    expect(sums.arraySync()).toEqual(SUMS);
    expect(loaded.signatures.serving_default!.outputs).toMatchObject({
      ids: {dtype: 'int64', shape: [null, null]},
      sums: {dtype: 'float32', shape: [null, 1]},
    });
  });

  it('gives raw ops its handle, loaded too', async () => {
    const table = new StaticHashTable({keys: WORDS, values: [1, 2, 3]}, 0);
    expect(rawOps.LookupTableSizeV2({table_handle: table}).arraySync()).toBe(3);
    const loaded = (await saveAndLoad(Object.assign(new Trackable(), {table}))).table as LoadedObject;
    const {keys, values} = rawOps.LookupTableExportV2(
      {table_handle: loaded},
      {Tkeys: 'string', Tvalues: 'int64'},
    );
    expect([keys.arraySync(), values.arraySync()]).toEqual([WORDS, [1, 2, 3]]);
    // Functions made here may use the table, too.
    class Sizes extends Trackable {
      table = loaded;
      __call__ = func(() => rawOps.LookupTableSizeV2({table_handle: loaded}), {inputSignature: []});
    }
    const again = await saveAndLoad(new Sizes());
    expect((again() as tf.Tensor).arraySync()).toBe(3);
    expect(() => rawOps.LookupTableSizeV2({table_handle: again})).toThrowWithMessage(
      CallError,
      /a handle, a table or a tf.Variable/,
    );
  });

  it('is found where only a function uses it', async () => {
    const table = new StaticHashTable({keys: ['a'], values: [7]}, 0);
    class Hidden extends Trackable {
      __call__ = func((keys: tf.Tensor) => table.lookup(keys), {
        inputSignature: [new TensorSpec([null], 'string')],
      });
    }
    await expect(saveAndLoad(new Hidden())).rejects.toThrow(SaveError);
    class Shown extends Hidden {
      tables = [table];
    }
    const loaded = await saveAndLoad(new Shown());
    expect((loaded(['a', 'b']) as tf.Tensor).arraySync()).toEqual([7, 0]);
  });
});
