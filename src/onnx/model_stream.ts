/**
 * Models as files that are written piece by piece, so that their tensors are never in memory together: all in the model, or the large
 * ones in a file beside it.
 *
 * Source: `onnx/onnx-ml.proto` and `docs/ExternalData.md` of ONNX.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {GraphProto, ModelProto, TensorProto} from '../proto/generated/onnx/onnx-ml.js';
import {BinaryWriter} from '../proto/wire.js';
import {emptyTensor, graphProto, modelProto} from './encode.js';
import type {OnnxGraph, OnnxInitializer} from './graph.js';

/** A tensor whose elements are fetched when they are written. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** How many bytes its elements take in the file. */
  readonly length: number;
  /** These bytes: little-endian, row by row. */
  read(): Uint8Array;
}

/** What a file holds. */
export interface FileContent {
  /** In bytes. */
  readonly length: number;
  pieces(): Iterable<Uint8Array>;
}

/** The numbers of the fields that are written here, in the messages that they are of. */
const FIELDS = {modelGraph: 7, graphInitializer: 5, tensorRawData: 9} as const;

/** Of protobuf: a field of bytes that are counted. */
const COUNTED_BYTES = 2;

/** Tensors in a file of their own begin at multiples of this, so that they can be mapped into memory. */
const ALIGNMENT = 4096;

/** A model file with tensors of the graph that are initializers beside those that it has. */
export function modelFile(graph: OnnxGraph, tensors: readonly StoredTensor[]): FileContent {
  const head = ModelProto.encode(modelProto(graph)).finish();
  const inner = GraphProto.encode(graphProto(graph)).finish();
  const entries = tensors.map((tensor) => ({tensor, head: tensorHead(tensor)}));
  const length = entries.reduce((sum, {tensor, head: own}) => sum + own.length + tensor.length, inner.length);
  const graphHead = counted(FIELDS.modelGraph, length);
  return {
    length: head.length + graphHead.length + length,
    *pieces() {
      yield head;
      yield graphHead;
      yield inner;
      for (const {tensor, head: own} of entries) {
        yield own;
        yield bytesOf(tensor);
      }
    },
  };
}

/** All of an initializer in a graph but its elements, which are its end. */
function tensorHead({name, dtype, shape, length}: StoredTensor): Uint8Array {
  const facts = TensorProto.encode(emptyTensor(name, dtype, shape)).finish();
  const raw = counted(FIELDS.tensorRawData, length);
  return joined([counted(FIELDS.graphInitializer, facts.length + raw.length + length), facts, raw]);
}

/** A file of tensors beside a model, and what the model says of them. */
export function dataFile(
  tensors: readonly StoredTensor[],
  location: string,
): FileContent & {readonly initializers: readonly OnnxInitializer[]} {
  let length = 0;
  const initializers = tensors.map((tensor): OnnxInitializer => {
    const offset = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    length = offset + tensor.length;
    const {name, dtype, shape} = tensor;
    return {name, dtype, shape, content: {location, offset, length: tensor.length}};
  });
  return {
    initializers,
    length,
    *pieces() {
      let at = 0;
      for (const tensor of tensors) {
        const gap = Math.ceil(at / ALIGNMENT) * ALIGNMENT - at;
        if (gap > 0) yield new Uint8Array(gap);
        yield bytesOf(tensor);
        at += gap + tensor.length;
      }
    },
  };
}

function bytesOf(tensor: StoredTensor): Uint8Array {
  const bytes = tensor.read();
  // Everything after it would be read as something else.
  if (bytes.length !== tensor.length)
    throw new TypeError(`'${tensor.name}' has ${bytes.length} bytes in place of ${tensor.length}`);
  return bytes;
}

/** The beginning of a field of so many bytes. */
const counted = (field: number, length: number): Uint8Array =>
  new BinaryWriter().tag(field, COUNTED_BYTES).uint32(length).finish();

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, {length}) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
