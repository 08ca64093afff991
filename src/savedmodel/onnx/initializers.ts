/**
 * The constants and variables of a function as tensors of an ONNX model, read when they are written.
 *
 * @module
 */

import type {VariableTensor} from '../../compile/lower.js';
import {FormatError} from '../../errors.js';
import type {Graph} from '../../graph/graph.js';
import {dtypeInfo} from '../../host/dtypes.js';
import {type HostTensor, sizeOf} from '../../host/tensor.js';
import {encodeTensorBytes} from '../../host/tensor_bytes.js';
import type {StoredTensor} from '../../onnx/model_stream.js';
import {Variable} from '../../ops/variable/variable.js';
import type {Value} from '../../tensors/value.js';
import type {ConcreteFunction} from '../load/concrete_function.js';

/** A tensor under the name that a model has for it. */
export function storedTensor(name: string, tensor: HostTensor): StoredTensor {
  return stored(name, tensor, () => tensor);
}

function stored(
  name: string,
  {dtype, shape}: Omit<HostTensor, 'data'>,
  read: () => HostTensor,
): StoredTensor {
  const length = sizeOf(shape) * dtypeInfo(dtype).bytes;
  return {name, dtype, shape, length, read: () => encodeTensorBytes(dtype, read().data)};
}

/**
 * The variable that a function reads, under its own name, with its value at the time when it is written.
 *
 * @param graph - the graph that its handle is in, whose first nodes are the arguments of the function
 * @throws CallError when it has no value.
 */
export function variableOf(
  {name, source}: VariableTensor,
  concrete: ConcreteFunction,
  graph: Graph,
): {readonly name: string; readonly stored: StoredTensor} {
  const {bound, runs, runtime} = concrete;
  const first = runs.request.feeds.length - bound.length;
  const found =
    source.node < runs.request.feeds.length
      ? heldBy(bound[source.node - first])
      : runtime.invoke(
          runtime.prepare(graph, {feeds: [], fetches: [source], targets: []}),
          [],
          ([value]) => ({result: heldBy(value), tensors: []}),
        );
  if (found === undefined)
    throw new FormatError(`'${concrete.name}' reads a variable that it is not bound to`);
  if (!(found instanceof Variable))
    return {name: graph.nodes[source.node]!.name, stored: storedTensor(name, found)};
  const facts = {dtype: found.dtype, shape: found.currentShape()};
  return {name: found.name, stored: stored(name, facts, () => found.exact())};
}

/** The variable behind a handle; of a reference, as fetches give it, the value itself. */
function heldBy(value: Value | undefined): Variable | HostTensor | undefined {
  if (value === undefined) return undefined;
  if (value.dtype !== 'resource') return {dtype: value.dtype, shape: value.shape, data: value.hostData()};
  const [object] = value.hostData() as readonly object[];
  return object instanceof Variable ? object : undefined;
}
