/** What is saved: loaded models anew, the fixtures among them, objects made here, and objects that hold loaded ones. */

import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {SaveError} from '../../errors.js';
import {readLibrary} from '../../graph/read_graph.js';
import {localDirectory} from '../../platform/node.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {decodeMessage, type FunctionDefLibrary, KerasSavedMetadata, SavedModel} from '../../proto/index.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {func, TensorSpec} from '../../trace/func.js';
import {describeModel} from '../load/describe.js';
import {loadModel} from '../load/load.js';
import type {CallableObject, LoadedObject} from '../load/loaded_object.js';
import {readFileIfThere} from '../load/read_model.js';
import type {RestoredFunction} from '../load/restored_function.js';
import {checkCase, checkModel, type Fixture, readFixtures} from '../testing/fixture_cases.js';
import {fixtureDirectory, loadFixture, MODELS} from '../testing/fixtures.js';
import {type SaveOptions, saveModelAsArchive, writeSavedModel} from './save.js';
import {registerExporter, SAVED_OBJECT, type SavedObjects, Trackable} from './trackable.js';

const fixtures = readFixtures(MODELS);

beforeAll(async () => {
  await quietCpuBackend();
});

// Names of variables are taken until they are disposed of.
afterEach(() => {
  tf.disposeVariables();
});

async function save(object: object, options: SaveOptions = {}): Promise<MemoryOutput> {
  const output = new MemoryOutput();
  await writeSavedModel(object, output, options);
  return output;
}

async function saveAndLoad(object: object, options: SaveOptions = {}): Promise<CallableObject> {
  return (await loadModel((await save(object, options)).directory())) as CallableObject;
}

/** What `tfhub show` tells, but for names and numbers that are other ones in another file. */
async function shown(directory: ModelDirectory, tags: string[] | null): Promise<unknown> {
  const {
    directory: _,
    size: __,
    fingerprint: ___,
    ...rest
  } = await describeModel(directory, tags ? {tags} : {});
  // Nodes of the main graph are named anew.
  return JSON.parse(JSON.stringify(rest, (key, value) => (key === 'node' ? undefined : value)));
}

describe('a loaded model, saved anew', () => {
  it.each(fixtures.map((each) => [each.name, each] as const))(
    '%s: does what it did',
    async (_, fixture: Fixture) => {
      const options = fixture.tags ? {tags: fixture.tags} : {};
      const directory = localDirectory(fixture.directory);
      const model = await loadModel(directory, options);
      const first = await save(model);
      const second = await save(model);
      model.dispose();
      for (const [path, content] of Object.entries(first.files)) {
        if (path === 'fingerprint.pb') continue;
        expect(Buffer.compare(content, second.files[path]!), `${path} of two saves`).toBe(0);
      }
      expect(await shown(first.directory(), fixture.tags)).toEqual(await shown(directory, fixture.tags));
      const again: LoadedObject = await loadModel(first.directory(), options);
      checkModel(again, fixture);
      for (const each of fixture.cases) checkCase(again, each);
      again.dispose();
    },
  );

  it('has the values that its variables have now', async () => {
    const model = await loadFixture('mymul');
    model.variables[0]!.assign(tf.scalar(7));
    const again = await saveAndLoad(model);
    expect((again([1, 2]) as tf.Tensor).arraySync()).toEqual([7, 14]);
  });

  it('copies functions byte for byte, and drops the saver it came with', async () => {
    const output = await save(await loadFixture('mymul'));
    const names = functionNames(output);
    expect(names).toContain('__inference___call___13');
    expect(names.filter((name) => /traced_(save|restore)/.test(name))).toHaveLength(2);
  });

  it('takes attributes along that it was given', async () => {
    const model = await loadFixture('mymul');
    Object.assign(model, {
      extra: tf.variable(tf.scalar(4)),
      note: 'not saved',
      f: func((x: tf.Tensor) => tf.neg(model(x) as tf.Tensor), {inputSignature: [new TensorSpec([])]}),
    });
    const again = await saveAndLoad(model);
    expect((again.extra as tf.Variable).arraySync()).toBe(4);
    expect(((again.f as (x: number) => tf.Tensor)(3) as tf.Tensor).arraySync()).toBe(-6);
    expect(again.attributeNames).not.toContain('note');
  });

  it('stays a Keras model', async () => {
    const name = 'cnn';
    const output = await save(await loadFixture(name));
    const metadata = (bytes: Uint8Array) =>
      decodeMessage(KerasSavedMetadata, bytes, 'keras_metadata.pb').nodes.map((each) => each.nodePath);
    const original = await readFileIfThere(fixtureDirectory(name), 'keras_metadata.pb');
    expect(metadata(output.files['keras_metadata.pb']!)).toEqual(metadata(original!));
  });

  it('can be given other signatures', async () => {
    const model = await loadFixture('mymul');
    const again = await saveAndLoad(model, {
      signatures: {
        double: model.get('__call__') as RestoredFunction,
        kept: model.signatures.serving_default!,
      },
    });
    expect(Object.keys(again.signatures)).toEqual(['double', 'kept']);
    expect((again.signatures.double!({x: [3]}).output_0 as tf.Tensor).arraySync()).toEqual([6]);
    expect((again.signatures.kept!({x: [3]}).output_0 as tf.Tensor).arraySync()).toEqual([6]);
  });

  it('can be saved in part', async () => {
    const model = await loadFixture('sub_objects');
    const part = await saveAndLoad(model.get('encoder') as object);
    const {cases} = fixtures.find(({name}) => name === 'sub_objects')!;
    // Gradients are recorded by the paths of variables, which are others now.
    for (const {gradients: _, ...each} of cases) {
      const path = each.call.function?.replace(/^encoder\./, '');
      if (path !== each.call.function) checkCase(part, {...each, call: {function: path!}});
    }
  });

  it('of TensorFlow 1 keeps the signatures it is told to, under the names it is given', async () => {
    const model = await loadFixture('v1_resource_variables');
    const [name] = Object.keys(model.signatures);
    const again = await saveAndLoad(model, {signatures: {chosen: model.signatures[name!]!}});
    expect(Object.keys(again.signatures)).toEqual(['chosen']);
    await expect(save(model, {signatures: {other: func((x: tf.Tensor) => x)}})).rejects.toThrow(SaveError);
  });
});

function functionNames({files}: MemoryOutput): string[] {
  const {metaGraphs} = decodeMessage(SavedModel, files['saved_model.pb']!, 'saved_model.pb');
  return [...readLibrary(metaGraphs[0]!.graphDef?.library).names()];
}

class Affine extends Trackable {
  readonly scale = tf.variable(tf.scalar(2), true, 'scale');
  readonly shift = tf.variable(tf.scalar(1), false, 'shift');
  readonly both = [this.scale, {inner: this.shift}];
  readonly note = 'not saved';
  readonly __call__ = func((x: tf.Tensor) => tf.add(tf.mul(x, this.scale), this.shift), {
    inputSignature: [new TensorSpec([null], 'float32', 'x')],
    argNames: ['x'],
  });
}

describe('an object made here', () => {
  it('is saved with its attributes, and computes what it did', async () => {
    const object = new Affine();
    const again = await saveAndLoad(object);
    expect(again.attributeNames).toEqual(['scale', 'shift', 'both', '__call__', 'signatures']);
    expect((again([1, 2]) as tf.Tensor).arraySync()).toEqual([3, 5]);
    expect(again.variables.map(({trainable}) => trainable)).toEqual([true, false]);
    const both = again.both as [tf.Variable, {inner: tf.Variable}];
    expect(both[0]).toBe(again.scale);
    expect(both[1].inner).toBe(again.shift);
  });

  it('names functions after their attributes', async () => {
    const names = functionNames(await save(new Affine()));
    expect(names.filter((name) => name.startsWith('__inference___call___'))).toHaveLength(1);
  });

  it('is saved with its only function of a known input as signature', async () => {
    const {signatures} = await saveAndLoad(new Affine());
    expect(signatures.serving_default!.inputs).toMatchObject({
      x: {name: 'x', dtype: 'float32', shape: [null]},
    });
    expect(Object.keys(signatures.serving_default!.outputs)).toEqual(['output_0']);
  });

  it('gives signatures with several outputs, and inputs in another order than the function', async () => {
    const object = new Trackable() as Trackable & Record<string, unknown>;
    const f = func((z: tf.Tensor, a: tf.Tensor) => ({quotient: tf.div(z, a), product: tf.mul(z, a)}), {
      inputSignature: [new TensorSpec([null]), new TensorSpec([null])],
    });
    const again = await saveAndLoad(object, {signatures: {both: f}});
    const result = again.signatures.both!({z: [6], a: [3]}) as Record<string, tf.Tensor>;
    expect(Object.keys(result).sort()).toEqual(['product', 'quotient']);
    expect(result.product!.arraySync()).toEqual([18]);
    expect(result.quotient!.arraySync()).toEqual([2]);
  });

  it('refuses a function that uses a variable to which no attribute leads', async () => {
    const lost = tf.variable(tf.scalar(1), true, 'lost');
    const object = Object.assign(new Trackable(), {
      f: func((x: tf.Tensor) => tf.mul(x, lost), {inputSignature: [new TensorSpec([])], name: 'careless'}),
    });
    await expect(save(object)).rejects.toThrowWithMessage(
      SaveError,
      /'careless' uses the variable 'lost'.*attribute/s,
    );
  });

  it('may lead back to itself', async () => {
    const object = Object.assign(new Affine(), {self: null as unknown});
    object.self = [object];
    const again = await saveAndLoad(object);
    expect((again.self as unknown[])[0]).toBe(again);
  });

  it('refuses a variable that was disposed of', async () => {
    const object = new Affine();
    object.scale.dispose();
    await expect(save(object, {signatures: {}})).rejects.toThrow(SaveError);
  });

  it('refuses signatures that are none', async () => {
    const object = new Affine();
    const refused = (signatures: unknown, message: RegExp) =>
      expect(save(object, {signatures: signatures as never})).rejects.toThrowWithMessage(SaveError, message);
    await refused((x: tf.Tensor) => x, /plain function.*func\(\)/);
    await refused({a: 3}, /'a' is neither/);
    await refused(3, /a function, or an object of functions/);
    await refused(
      func((x: tf.Tensor) => x),
      /nothing to save/,
    );
    await refused(
      func(() => null, {inputSignature: []}),
      /gives a none as 'output_0'/,
    );
    const twice = func((x: tf.Tensor, y: tf.Tensor) => tf.add(x, y), {
      inputSignature: [new TensorSpec([], 'float32', 'x'), new TensorSpec([], 'float32', 'x')],
    });
    await refused(twice, /two inputs called 'x'/);
  });

  it('refuses what is no object of a kind that can be saved', async () => {
    await expect(save([tf.variable(tf.scalar(1))])).rejects.toThrow(SaveError);
    await expect(save(Object.assign(new Trackable(), {signatures: new Affine()}))).rejects.toThrowWithMessage(
      SaveError,
      /'signatures'.*rename/,
    );
  });

  it('says how it is saved, and brings files that know where objects are', async () => {
    const v = tf.variable(tf.scalar(3), true, 'v');
    let seen: SavedObjects | undefined;
    class Special extends Trackable {
      override [SAVED_OBJECT]() {
        return {
          identifier: '_special',
          metadata: '{}',
          children: [['value', v] as const],
          variableNames: new Map([[v, 'renamed/value']]),
          extraFiles: (objects: SavedObjects) => {
            seen = objects;
            return [{path: 'extra/info.txt', content: Uint8Array.of(1)}];
          },
        };
      }
    }
    const output = await save(new Special());
    expect(output.files['extra/info.txt']).toEqual(Buffer.of(1));
    expect(seen!.find(v)).toEqual({id: 1, path: 'root.value'});
    const {objectGraphDef} = decodeMessage(SavedModel, output.files['saved_model.pb']!, 'x').metaGraphs[0]!;
    const [root, variable] = objectGraphDef!.nodes;
    expect(root!.kind).toMatchObject({$case: 'userObject', value: {identifier: '_special', metadata: '{}'}});
    expect(variable!.kind).toMatchObject({$case: 'variable', value: {name: 'renamed/value'}});
  });

  it('may be of a class that an exporter is registered for', async () => {
    class Foreign {
      constructor(readonly factor: tf.Variable) {}
    }
    registerExporter<Foreign>({
      test: (value): value is Foreign => value instanceof Foreign,
      toTrackable: ({factor}) => Object.assign(new Trackable(), {factor}),
    });
    const foreign = new Foreign(tf.variable(tf.scalar(5)));
    const again = await saveAndLoad(Object.assign(new Trackable(), {a: foreign, b: foreign}));
    expect(again.a).toBe(again.b);
    expect((again.a as {factor: tf.Variable}).factor.arraySync()).toBe(5);
  });
});

it('an archive holds the files that a directory would', async () => {
  const archive = await saveModelAsArchive(new Affine());
  const unzipped = archive.stream().pipeThrough(new DecompressionStream('gzip'));
  const tar = Buffer.from(await new Response(unzipped).arrayBuffer());
  const names = ['saved_model.pb', 'fingerprint.pb', 'variables/variables.index'];
  for (const name of names) expect(tar.includes(`${name}\0`), name).toBe(true);
});

describe('an object that holds loaded ones', () => {
  it('calls their functions, and keeps those of two models apart', async () => {
    const [left, right] = [await loadFixture('mymul'), await loadFixture('mymul')];
    right.variables[0]!.assign(tf.scalar(10));
    const object = Object.assign(new Trackable(), {
      left,
      right,
      f: func((x: tf.Tensor) => tf.sub(right(x) as tf.Tensor, left(x) as tf.Tensor), {
        inputSignature: [new TensorSpec([null])],
        argNames: ['x'],
      }),
    });
    const output = await save(object);
    const again = (await loadModel(output.directory())) as CallableObject;
    expect(((again.left as CallableObject)([1]) as tf.Tensor).arraySync()).toEqual([2]);
    expect(((again.right as CallableObject)([1]) as tf.Tensor).arraySync()).toEqual([10]);
    expect(((again.f as (x: number[]) => tf.Tensor)([1, 2]) as tf.Tensor).arraySync()).toEqual([8, 16]);
    const names = functionNames(output);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.startsWith('__inference___call___'))).toHaveLength(2);
  });

  it('keeps tables of two models apart, and their assets', async () => {
    const [first, second] = [await loadFixture('lookup_tables'), await loadFixture('lookup_tables')];
    const again = await saveAndLoad(Object.assign(new Trackable(), {first, second}));
    const fixture = fixtures.find(({name}) => name === 'lookup_tables')!;
    for (const each of fixture.cases) {
      if (each.call.function === undefined) continue;
      checkCase(again.first as LoadedObject, each);
      checkCase(again.second as LoadedObject, each);
    }
  });

  it('keeps the gradients of two models apart', async () => {
    const [first, second] = [await loadFixture('custom_gradient'), await loadFixture('custom_gradient')];
    const output = await save(Object.assign(new Trackable(), {first, second}));
    const {graphDef} = decodeMessage(SavedModel, output.files['saved_model.pb']!, 'x').metaGraphs[0]!;
    const {registeredGradients} = graphDef!.library as FunctionDefLibrary;
    const types = registeredGradients.map(({registeredOpType}) => registeredOpType);
    expect(new Set(types).size).toBe(types.length);
    const again = (await loadModel(output.directory())) as CallableObject;
    const fixture = fixtures.find(({name}) => name === 'custom_gradient')!;
    for (const each of fixture.cases) {
      if (each.call.function !== undefined && !each.gradients) checkCase(again.second as LoadedObject, each);
    }
  });

  it('cannot hold a model of TensorFlow 1', async () => {
    const v1 = await loadFixture('v1_resource_variables');
    await expect(save(Object.assign(new Trackable(), {v1}))).rejects.toThrowWithMessage(
      SaveError,
      /TensorFlow 1.*by itself/,
    );
  });
});
