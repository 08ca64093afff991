/** What the checkpoint of a saved model keeps of objects with save functions of their own. */

import {beforeAll, describe, expect, it} from 'vitest';
import {CheckpointReader} from '../../bundle/reader.js';
import {SaveError} from '../../errors.js';
import {structureProto} from '../../graph/to_proto.js';
import {memoryDirectory} from '../../platform/memory.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {decodeMessage, encodeMessage, SavedModel} from '../../proto/index.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {loadModel} from '../load/load.js';
import {VARIABLES_PREFIX} from '../load/read_model.js';
import {fixtureFiles} from '../testing/fixtures.js';
import {writeSavedModel} from './save.js';

beforeAll(async () => {
  await quietCpuBackend();
});

/**
 * Saves a model whose table `counts` is saved by what the function `sizes` gives: four tensors, each the size of a table.
 *
 * @param names - what `sizes` is said to call them
 */
async function savedByName(names: readonly string[]): Promise<MemoryOutput> {
  const files = fixtureFiles('mutable_tables');
  const model = decodeMessage(SavedModel, files['saved_model.pb']!, 'saved_model.pb');
  const {nodes, concreteFunctions} = model.metaGraphs[0]!.objectGraphDef!;
  const child = (parent: number, name: string) =>
    nodes[parent]!.children.find(({localName}) => localName === name)!.nodeId;
  const saveables = nodes[child(0, 'counts')]!.saveableObjects;
  saveables.set('.TENSORS', {...saveables.get('table')!, saveFunction: child(0, 'sizes')});
  saveables.delete('table');
  const [sizes] = [...concreteFunctions].filter(([name]) => name.startsWith('__inference_sizes_'));
  const fields = names.map((name) => [name, {kind: 'tensor', name, dtype: 'int64', shape: []}] as const);
  sizes![1].outputSignature = structureProto({kind: 'dict', fields: new Map(fields)});
  const object = await loadModel(
    memoryDirectory({...files, 'saved_model.pb': encodeMessage(SavedModel, model)}),
  );
  const output = new MemoryOutput();
  await writeSavedModel(object, output);
  return output;
}

describe('an object that gives its tensors by name', () => {
  it('has each under that name', async () => {
    const output = await savedByName(['a', 'b', 'c/d', 'e']);
    const reader = await CheckpointReader.open(output.directory(), VARIABLES_PREFIX);
    const keys = reader.keys().filter((key) => key.startsWith('counts/'));
    expect(keys.sort()).toEqual(['a', 'b', 'c.Sd', 'e'].map((name) => `counts/.ATTRIBUTES/${name}`));
    await reader.close();
  });

  it.each([
    ['more', ['a', 'b', 'c']],
    ['fewer', ['a', 'b', 'c', 'd', 'e']],
  ])('is refused where it gives %s tensors than names', async (_, names) => {
    const saved = savedByName(names);
    await expect(saved).rejects.toThrow(SaveError);
    await expect(saved).rejects.toThrowWithMessage(
      SaveError,
      new RegExp(
        `'__inference_sizes_82' gives 4 tensors to save 'root.counts' by, and names for ${names.length}`,
      ),
    );
  });
});
