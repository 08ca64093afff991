import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {Value} from '../../tensors/value.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {closeScope, openScope} from '../../tfjs/scope.js';
import {caseFile, decodeTensor, runKernel} from '../testing/op_cases.js';
import {Variable} from '../variable/variable.js';
import {training} from './kernels.js';

type JsonTensor = Parameters<typeof decodeTensor>[0];

interface Step {
  readonly op: string;
  readonly attrs: Parameters<typeof runKernel>[0]['attrs'];
  readonly before: JsonTensor[];
  readonly operands: JsonTensor[];
  readonly after: JsonTensor[];
}

const url = caseFile('training');
const {steps} = JSON.parse(readFileSync(url, 'utf8')) as {steps: Step[]};

/** Attributes that a node without them has by default. */
const DEFAULTS = {
  use_nesterov: {type: 'bool', value: false},
  update_slots: {type: 'bool', value: true},
} as unknown as Step['attrs'];

function variableOf(json: JsonTensor, name: string): Variable {
  const tensor = decodeTensor(json);
  const variable = new Variable({name, dtype: tensor.dtype, shape: tensor.shape, trainable: true});
  variable.assign(Value.of(tensor));
  return variable;
}

/** Runs `f` and disposes of the tensors it leaves, as the interpreter does around a kernel. */
function scoped<T>(f: () => T): T {
  openScope();
  try {
    return f();
  } finally {
    closeScope([]);
  }
}

function run({op, attrs, before, operands}: Step, variables: Variable[]): Value[] {
  expect(variables.length).toBe(before.length);
  const inputs = [
    ...variables.map((variable) => Value.object('resource', variable)),
    ...operands.map((json) => Value.of(decodeTensor(json))),
  ];
  return scoped(() => runKernel({op, attrs: {...DEFAULTS, ...attrs}}, training, inputs));
}

describe('optimizer steps as TensorFlow makes them', () => {
  beforeAll(async () => {
    await quietCpuBackend();
    await tf.setBackend('cpu');
  });

  it.each(steps.map((step, i) => [`#${i} ${step.op}`, step] as const))('%s', (_, step) => {
    const variables = step.before.map((json, i) => variableOf(json, `slot${i}`));
    run(step, variables);
    variables.forEach((variable, i) => {
      const expected = decodeTensor(step.after[i]!).data as Float32Array;
      const found = scoped(() => variable.read().numeric());
      expected.forEach((number, k) => {
        expect(Math.abs((found[k] as number) - number), `slot ${i}[${k}]`).toBeLessThan(
          1e-6 + 1e-5 * Math.abs(number),
        );
      });
      variable.dispose();
    });
    expect(tf.memory().numTensors).toBe(0);
  });

  it('hands the variable on in the form for reference variables', () => {
    const step = steps.find(({op}) => op === 'ResourceApplyGradientDescent')!;
    const variables = step.before.map((json, i) => variableOf(json, `reference${i}`));
    const [out] = run({...step, op: 'ApplyGradientDescent'}, variables);
    expect(out!.object(Variable)).toBe(variables[0]);
    variables[0]!.dispose();
  });

  it('refuses a gradient of another shape', () => {
    const step = steps.find(({op}) => op === 'ResourceApplyGradientDescent')!;
    const variables = step.before.map((json, i) => variableOf(json, `other${i}`));
    const operands = [step.operands[0]!, step.operands[0]!];
    expect(() => run({...step, operands}, variables)).toThrowWithMessage(
      CallError,
      'delta has shape (), expected (2, 3)',
    );
    variables[0]!.dispose();
  });
});
