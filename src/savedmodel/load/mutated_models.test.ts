/**
 * A few of the damaged models that the conformance tries thousands of: each is refused, fails in a part or works, and says
 * what is wrong in words.
 */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {fuzzCase} from '../../../scripts/fuzz_case.js';
import {outcomeOf} from '../../../scripts/fuzz_outcome.js';
import {memoryDirectory} from '../../platform/memory.js';
import {MemoryOutput} from '../../platform/testing/memory_output.js';
import {
  AttrValue,
  DataType,
  decodeMessage,
  encodeMessage,
  FunctionDef,
  makeMessage,
  SavedModel,
  TensorProto,
  type TensorSpecProto,
} from '../../proto/index.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {writeSavedModel} from '../save/save.js';
import {exercise} from '../testing/exercise.js';
import {fixtureFiles} from '../testing/fixtures.js';
import {attr, makeModelFiles, node} from '../testing/make_model.js';

beforeAll(async () => {
  await quietCpuBackend();
  await tf.setBackend('cpu');
});

it('models with something changed are refused, fail or work, in words', async () => {
  const seen = new Set<string>();
  for (let number = 0; number < 30; number++) {
    const one = fuzzCase(20, number);
    const {outcome, fault} = await outcomeOf(one);
    seen.add(outcome);
    expect(fault, `${number}, ${one.fixture}: ${one.what}`).toBeUndefined();
  }
  expect([...seen].sort()).toEqual(['failed', 'refused', 'worked']);
});

it('a seed and a number give the same damage', () => {
  expect(fuzzCase(3, 7)).toEqual(fuzzCase(3, 7));
  expect(fuzzCase(3, 7).what).not.toBe(fuzzCase(4, 7).what);
});

/** A fixture with its message changed, used in every way and saved; what failed. */
async function failuresOf(fixture: string, change: (model: SavedModel) => void): Promise<string> {
  const files = fixtureFiles(fixture);
  const saved = decodeMessage(SavedModel, files['saved_model.pb']!, 'the fixture');
  change(saved);
  const changed = memoryDirectory({...files, 'saved_model.pb': encodeMessage(SavedModel, saved)});
  const {failures} = await exercise(changed, {}, (model) => writeSavedModel(model, new MemoryOutput()));
  return failures.map(({message}) => message).join('\n');
}

it('a saver that names fewer tensors than it saves is refused in words when the model is saved', async () => {
  const failures = await failuresOf('v1_partitioned', ({metaGraphs}) => {
    for (const {op, input} of metaGraphs[0]!.graphDef!.node) if (op === 'SaveV2') input[1] = input[0]!;
  });
  expect(failures).toMatch(/saves \d+ tensors under other names/);
});

/** What a trace says of its results, in their order. */
function tensorSpecsIn(message: unknown): TensorSpecProto[] {
  if (typeof message !== 'object' || message === null) return [];
  const {kind} = message as {kind?: {$case: string; value: TensorSpecProto}};
  if (kind?.$case === 'tensorSpecValue') return [kind.value];
  return (message instanceof Map ? [...message.values()] : Object.values(message)).flatMap(tensorSpecsIn);
}

it('a table whose save function lists numbers as names is refused in words when the model is saved', async () => {
  const failures = await failuresOf('mutable_tables', ({metaGraphs}) => {
    for (const [name, {outputSignature}] of metaGraphs[0]!.objectGraphDef!.concreteFunctions) {
      if (!name.startsWith('__inference_save_fn')) continue;
      for (const [i, spec] of tensorSpecsIn(outputSignature).entries()) {
        if (i % 3 === 1) spec.dtype = DataType.DT_FLOAT;
      }
    }
    const number = makeMessage(TensorProto, {dtype: DataType.DT_FLOAT, floatVal: [1]});
    const {library} = metaGraphs[0]!.graphDef!;
    library!.function = library!.function.map((encoded) => {
      const each = decodeMessage(FunctionDef, encoded, 'a function');
      if (!each.signature!.name.startsWith('__inference_save_fn')) return encoded;
      const float = encodeMessage(AttrValue, {value: {$case: 'type', value: DataType.DT_FLOAT}});
      for (const {op, name, input, attr} of each.nodeDef) {
        if (op === 'Identity' && input[0]!.startsWith('Const')) attr.set('T', float);
        if (op !== 'Const' || name.startsWith('add')) continue;
        attr.set('value', encodeMessage(AttrValue, {value: {$case: 'tensor', value: number}}));
        attr.set('dtype', float);
      }
      return encodeMessage(FunctionDef, each);
    });
  });
  expect(failures).toMatch(/'__inference_save_fn_\d+' lists float32 values as the names of what it saves of/);
});

const FLOATS = {dtype: 'float32', shape: null} as const;

it.each([
  [
    'a node that lacks inputs',
    'AddV2',
    ['x'],
    'z',
    /node 'y' \(AddV2\) of function 'f' takes 2 inputs and has 1/,
  ],
  [
    'control flow that lacks its condition',
    'Switch',
    ['x'],
    'output_true',
    /node 'y' \(Switch\) of function 'f' takes 2 inputs and has 1/,
  ],
  [
    'a list whose number is not that of the inputs',
    'AddN',
    ['x'],
    'sum',
    /node 'y' \(AddN\) of function 'f' takes 2 inputs and has 1/,
  ],
])('%s says so', async (_, op, inputs, output, words) => {
  const attrs = {T: attr.type('float32'), ...(op === 'AddN' && {N: attr.int(2)})};
  const nodes = [node('y', op, inputs, attrs)];
  const f = {
    name: 'f',
    inputs: [{name: 'x', ...FLOATS}],
    nodes,
    outputs: [{name: 'y', ...FLOATS, from: `y:${output}:0`}],
  };
  const {failures} = await exercise(
    memoryDirectory(makeModelFiles({functions: [f], methods: {__call__: 'f'}})),
  );
  expect(failures.map(({message}) => message).join('\n')).toMatch(words);
});
