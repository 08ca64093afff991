/** Tests of models that use the names which every JavaScript object inherits. */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError, UnsupportedOpError} from '../../errors.js';
import {parseHandle} from '../../hub/handle.js';
import {memoryDirectory} from '../../platform/memory.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {attr, type FunctionToMake, makeModelFiles, node} from '../testing/make_model.js';
import {describeOps} from './describe.js';
import {loadModel} from './load.js';

const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

beforeAll(quietCpuBackend);

/** `{output: input + input}` in float32 vectors. */
function doubles(name: string, input: string, output: string): FunctionToMake {
  const port = (each: string) => ({name: each, dtype: 'float32', shape: [null]}) as const;
  return {
    name,
    inputs: [port(input)],
    nodes: [node('twice', 'AddV2', [input, input], {T: attr.type('float32')})],
    outputs: [{...port(output), from: 'twice:z:0'}],
  };
}

const directoryOf = (...args: Parameters<typeof makeModelFiles>) => memoryDirectory(makeModelFiles(...args));

describe.each(INHERITED)('the name %s', (name) => {
  it('is a signature, an input, an output, an attribute and a variable like any other', async () => {
    const model = await loadModel(
      directoryOf(
        {
          functions: [doubles('f', name, name), doubles('g', 'x', 'y')],
          variables: [{name, shape: [2]}],
          // A variable and a method of one name would be one attribute.
          methods: {method: 'g'},
          signatures: {[name]: 'f', serving_default: 'g'},
        },
        {[name]: Float32Array.of(5, 6)},
      ),
    );
    expect(Object.keys(model.signatures).sort()).toEqual([name, 'serving_default'].sort());
    const signature = Object.getOwnPropertyDescriptor(model.signatures, name)!.value;
    const given = Object.fromEntries([[name, [1, 2]]]);
    const outputs = signature(given);
    expect(Object.keys(outputs)).toEqual([name]);
    const output = Object.getOwnPropertyDescriptor(outputs, name)!.value as tf.Tensor;
    expect(Array.from(output.dataSync())).toEqual([2, 4]);
    expect(() => signature({})).toThrowWithMessage(
      CallError,
      `signature '${name}' needs the input '${name}'; it takes ${name}: float32 (None,)`,
    );
    expect(Array.from((model.get(name) as tf.Variable).dataSync())).toEqual([5, 6]);
    model.dispose();
  });

  it('is no signature, attribute or input of a model that has none of that name', async () => {
    const model = await loadModel(
      directoryOf({
        functions: [doubles('f', 'x', 'y')],
        methods: {f: 'f'},
        signatures: {serving_default: 'f'},
      }),
    );
    expect(Object.hasOwn(model.signatures, name)).toBe(false);
    expect(model.get(name)).toBeUndefined();
    const wrong = Object.fromEntries([[name, [1]]]);
    expect(() => model.signatures.serving_default!(wrong)).toThrowWithMessage(
      CallError,
      `has no input '${name}'`,
    );
    model.dispose();
  });

  it('is an op that is not supported, in straight graphs and in those with control flow', async () => {
    const f = doubles('f', 'x', 'y');
    const odd = node('odd', name, ['x']);
    const merge = node('merge', 'Merge', ['twice:z:0', 'odd:y:0'], {T: attr.type('float32'), N: attr.int(2)});
    for (const [nodes, from] of [
      [[odd], 'odd:y:0'],
      [[odd, merge], 'merge:output:0'],
    ] as const) {
      const changed = {...f, nodes: [...f.nodes, ...nodes], outputs: [{...f.outputs[0]!, from}]};
      const directory = directoryOf({functions: [changed], methods: {__call__: 'f'}});
      const ops = await describeOps(directory);
      expect(ops.find(({op}) => op === name)).toMatchObject({supported: false});
      const model = await loadModel(directory);
      expect(() => model.invoke([[1]])).toThrow(UnsupportedOpError);
      model.dispose();
    }
  });

  it('is no scheme of a handle, and no scope of random numbers', () => {
    expect(parseHandle(`${name}:model`)).toEqual({kind: 'path', path: `${name}:model`});
    expect(tf.tidy(name, () => tf.scalar(1)).dataSync()[0]).toBe(1);
  });
});
