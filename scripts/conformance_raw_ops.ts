/**
 * Saves functions of one raw op each, for every op of which `fixtures/ops/` has a case, and a few of several that use a
 * table and a variable, and has TensorFlow 2.15, whose results the cases are, compute them.
 * `tsx scripts/conformance_raw_ops.ts FOLDER PYTHON`: a folder of its own, and that TensorFlow's Python.
 *
 * @module
 */

import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import '../src/index.js';
import {opDef} from '../src/graph/op_defs.js';
import {OP_FAMILIES} from '../src/ops/registry.js';
import type {JsonTensor, OpCase} from '../src/ops/testing/op_case_json.js';
import {rawOps} from '../src/savedmodel/raw/raw_ops.js';
import {saveModel} from '../src/savedmodel/save/save.js';
import {Trackable} from '../src/savedmodel/save/trackable.js';
import {StaticHashTable} from '../src/savedmodel/static_hash_table.js';
import {argumentsOf, callableCases} from '../src/savedmodel/testing/raw_op_cases.js';
import {ensureBackend} from '../src/tfjs/backend.js';
import {func, TensorSpec} from '../src/trace/func.js';
import {tell} from './score.js';
import {verdictsOf} from './verdicts.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CASES = join(ROOT, 'fixtures', 'ops');

/** Cases of each op that are saved. */
const CASES_PER_OP = 2;

/**
 * Ops that TensorFlow cannot be asked for: those of TF Text are in a package of their own, cuDNN's need a GPU, and of the
 * batch normalisations' reserved results TensorFlow says itself that they are its own affair.
 */
const NOT_ASKED = (op: string): boolean =>
  op in OP_FAMILIES.text! || op.startsWith('CudnnRNN') || op.startsWith('FusedBatchNorm');

/** A call that TensorFlow is to make: of an attribute of the model, with strings or nothing. */
interface Call {
  readonly name: string;
  readonly attribute: string;
  readonly inputs?: readonly string[];
  /** The names of the results, in the order of `outputs`; empty for a bare one. */
  readonly names: readonly string[];
  readonly outputs: readonly (JsonTensor | {readonly dtype: string; readonly value: unknown})[];
  readonly rtol?: number;
  readonly atol?: number;
}

/** The first cases of each op that give something. */
function chosenCases(): OpCase[] {
  const taken = new Map<string, number>();
  return readdirSync(CASES)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const {cases = []} = JSON.parse(readFileSync(join(CASES, name), 'utf8')) as {cases?: OpCase[]};
      return callableCases(cases).filter(({op, outputs, error}) => {
        const count = taken.get(op) ?? 0;
        if (error || !outputs?.length || outputs.includes(null) || count >= CASES_PER_OP || NOT_ASKED(op))
          return false;
        taken.set(op, count + 1);
        return true;
      });
    });
}

/** Words of sentences to numbers; it counts its calls. */
class Words extends Trackable {
  [name: string]: unknown;
  table = new StaticHashTable({keys: ['the', 'quick', 'fox'], values: [1, 2, 3]}, 0);
  calls = tf.variable(tf.scalar(0));
  ids = func(
    (sentences: tf.Tensor) => {
      rawOps.AssignAddVariableOp({resource: this.calls, value: 1});
      const before = rawOps.ReadVariableOp({resource: this.calls}, {dtype: 'float32'});
      rawOps.AssignAddVariableOp({resource: this.calls, value: 1});
      const {indices, values, shape} = rawOps.StringSplitV2({
        input: rawOps.StringLower({input: sentences}),
        sep: ' ',
      });
      const sparse = {sparse_indices: indices, output_shape: shape, sparse_values: this.table.lookup(values)};
      return {calls: before, ids: rawOps.SparseToDense({...sparse, default_value: -1n})};
    },
    {inputSignature: [new TensorSpec([null], 'string', 'sentences')]},
  );
}

/** Saves the model, and what calls of it give. */
async function build(folder: string): Promise<number> {
  await ensureBackend();
  await tf.setBackend('cpu');
  const model = new Words();
  const ids = {
    dtype: 'int64',
    value: [
      [1, 3, -1],
      [2, 2, 0],
    ],
  };
  const calls: Call[] = [1, 3].map((value) => ({
    name: `words, counted ${value}`,
    attribute: 'ids',
    inputs: ['The fox', 'quick quick x'],
    names: ['calls', 'ids'],
    outputs: [{dtype: 'float32', value}, ids],
  }));
  chosenCases().forEach((each, i) => {
    const {op, note, outputs, rtol, atol} = each;
    const {inputs, attrs} = argumentsOf(each);
    const attribute = `f${i}`;
    const call = (rawOps.exact as unknown as Record<string, (inputs: object, attrs: object) => unknown>)[op]!;
    model[attribute] = func(() => call(inputs, attrs), {inputSignature: [], name: attribute});
    const names = opDef(op)!.outputs.map(({name}) => name);
    calls.push({
      name: `${op} ${note ?? ''}`,
      attribute,
      names: names.length > 1 ? names : [],
      outputs: outputs as JsonTensor[],
      ...(rtol === undefined ? {} : {rtol}),
      ...(atol === undefined ? {} : {atol}),
    });
  });
  await saveModel(model, folder, {overwrite: true, signatures: {words: model.ids}});
  writeFileSync(join(folder, 'calls.json'), JSON.stringify(calls));
  return calls.length;
}

const [folder, python] = process.argv.slice(2);
if (!folder || !python) throw new Error('usage: conformance_raw_ops.ts FOLDER PYTHON');
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
const model = join(folder, 'raw_ops');
const total = await build(model);
const {passed, failures} = await verdictsOf(python, ['fixtures/check_raw_ops.py', model], total);
tell([{part: 'raw ops that were traced', passed, failed: failures.length, details: failures}]);
