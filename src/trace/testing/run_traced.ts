/**
 * Runs a traced function by interpreting its graph: tests compare it with the function itself.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {FunctionGraph} from '../../graph/graph.js';
import {flattenTensors} from '../../graph/nest.js';
import type {DType} from '../../host/dtypes.js';
import {fitsShape} from '../../host/shape.js';
import type {HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import {Runtime} from '../../runtime/runtime.js';
import {Value} from '../../tensors/value.js';
import type {Capture, TracedFunction} from '../traced_function.js';

/** Runs a traced function on its flat inputs. */
export function runTraced(traced: TracedFunction, inputs: readonly (tf.Tensor | HostTensor)[]): HostTensor[] {
  const functions = new Map<string, FunctionGraph>([[traced.graph.name, traced.graph]]);
  for (const [name, callee] of traced.callees)
    if (callee.kind === 'traced') functions.set(name, callee.graph);
  const library = {
    get: (name: string) => functions.get(name),
    names: () => functions.keys(),
    gradientOf: () => undefined,
  };
  const runtime = new Runtime({library});
  const args = inputs.map((each) => (each instanceof tf.Tensor ? hostValue(each) : Value.of(each)));
  const all = [...args, ...traced.captures.map(captured)];
  const results = runtime.invoke(runtime.function(traced.graph.name), all, (values) => ({
    result: values.map((value) => ({dtype: value.dtype, shape: value.shape, data: value.hostData().slice()})),
    tensors: [],
  }));
  flattenTensors(traced.outputs).forEach((spec, i) => {
    const {dtype, shape} = results[i]!;
    if (spec.dtype !== dtype || !fitsShape(shape, spec.shape)) {
      throw new Error(`result ${i} is ${dtype} [${shape}] where ${spec.dtype} [${spec.shape}] was traced`);
    }
  });
  return results;
}

/** A tensor as a value of its own: the caller keeps the tensor. */
function hostValue(tensor: tf.Tensor): Value {
  return Value.host(tensor.dtype as DType, tensor.shape, Value.device(tensor).hostData().slice());
}

function captured(capture: Capture): Value {
  switch (capture.kind) {
    case 'variable':
      return Value.object('resource', Variable.of(capture.variable));
    case 'constant':
      return Value.of(capture.value);
    case 'value':
      return capture.value;
  }
}

/** Elements as numbers or strings that can be compared. */
export function elementsOf({data}: HostTensor): (number | string)[] {
  return Array.from(data as ArrayLike<unknown>, (each) =>
    each instanceof Uint8Array ? new TextDecoder().decode(each) : Number(each),
  );
}

/** A tensor's elements as numbers or strings. */
export function elementsOfTensor(tensor: tf.Tensor): (number | string)[] {
  return elementsOf({
    dtype: tensor.dtype as DType,
    shape: tensor.shape,
    data: Value.device(tensor).hostData(),
  });
}
