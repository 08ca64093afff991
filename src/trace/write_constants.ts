/**
 * Writes tensors that no kernel has made: constants, such as follow the sizes of the arguments, and random numbers.
 *
 * @module
 */

import type {GraphBuilder, Operand} from '../graph/builder.js';
import type {DType} from '../host/dtypes.js';
import type {HostTensor} from '../host/tensor.js';
import {capturedConstant} from './captures.js';
import type {FunctionWriter} from './function_writer.js';
import {KernelCall} from './kernel_call.js';
import type {RandomTensor} from './random.js';
import type {ComputedConstant, Step} from './steps.js';

/** A constant of the graph, or a captured one. */
export function writeConstant(writer: FunctionWriter, value: HostTensor): Operand {
  const captured = capturedConstant(value);
  return captured === undefined ? writer.graph.constant(value) : writer.captured(captured);
}

/** A constant whose shape, or whose numbers, are computed. */
export function writeComputed(
  {graph, dims}: FunctionWriter,
  constant: ComputedConstant,
  dtype: DType,
): Operand {
  const call = new KernelCall('a constant', graph, dims, [], {}, []);
  switch (constant.form) {
    case 'uniform': {
      const value = call.real(constant.value, dtype);
      return graph.op('Fill', [call.vector(constant.shape), value]);
    }
    case 'elements': {
      const {values, shape} = constant;
      const whole = values.every((value) =>
        (typeof value === 'number' ? [value] : value.values).every(Number.isInteger),
      );
      const vector = whole
        ? graph.cast(call.vector(values), dtype)
        : graph.op('Pack', [values.map((value) => call.real(value, dtype))], {axis: 0});
      return shape.length === 1 ? vector : graph.op('Reshape', [vector, graph.ints(shape)]);
    }
    case 'range': {
      const {start, step, length} = constant;
      const indices = indicesBelow(graph, call.scalar(length));
      const scaled = graph.op('Mul', [graph.cast(indices, dtype), graph.scalar(dtype, step)]);
      return start === 0 ? scaled : graph.op('AddV2', [scaled, graph.scalar(dtype, start)]);
    }
    case 'identity': {
      const [rows, columns] = [constant.rows, constant.columns].map((size) =>
        indicesBelow(graph, call.scalar(size)),
      );
      const column = graph.op('ExpandDims', [rows!, graph.scalar('int32', 1)]);
      return graph.cast(graph.op('Equal', [column, columns!]), dtype);
    }
  }
}

/** `0, 1, ..., count - 1`. */
function indicesBelow(graph: GraphBuilder, count: Operand): Operand {
  return graph.op('Range', [graph.scalar('int32', 0), count, graph.scalar('int32', 1)]);
}

/** TensorFlow's ops for random numbers, by their distributions. */
const RANDOM_OPS = {
  uniform: 'RandomUniform',
  normal: 'RandomStandardNormal',
  truncatedNormal: 'TruncatedNormal',
} as const;

/** Numbers that are drawn anew whenever the graph runs. */
export function writeRandom(
  {graph, dims}: FunctionWriter,
  {distribution, offset, scale, seed}: RandomTensor,
  {outputs}: Step,
): Operand {
  const call = new KernelCall('a random tensor', graph, dims, [], {}, outputs);
  const shape = call.vector(call.outputShape());
  let drawn = graph.op(RANDOM_OPS[distribution], [shape], {dtype: 'float32', seed});
  if (scale !== 1) drawn = graph.op('Mul', [drawn, graph.scalar('float32', scale)]);
  if (offset !== 0) drawn = graph.op('AddV2', [drawn, graph.scalar('float32', offset)]);
  // As tfjs does, which cuts the fraction off.
  return graph.cast(drawn, call.dtype);
}
