/**
 * Tensors to messages and back.
 *
 * @module
 */

import {EMPTY} from '../../../algorithms/bytes.js';
import {tensorOf} from '../../../graph/from_proto.js';
import {DTYPES} from '../../../host/dtypes.js';
import {encodeTensorBytes} from '../../../host/tensor_bytes.js';
import {decodeMessage, encodeMessage, TensorProto} from '../../../proto/index.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';

/** A tensor as a `TensorProto`. */
const serializeTensor: Kernel = ([tensor], ctx) => {
  const {dtype, shape} = tensor!;
  if (dtype === 'resource' || dtype === 'variant') throw unsupported(ctx, `a ${dtype} tensor`);
  const dim = shape.map((size) => ({size, name: ''}));
  const content =
    dtype === 'string'
      ? {stringVal: [...tensor!.strings()]}
      : {tensorContent: encodeTensorBytes(dtype, tensor!.hostData())};
  const proto: TensorProto = {
    ...decodeMessage(TensorProto, EMPTY, 'an empty tensor'),
    dtype: DTYPES[dtype].enum,
    tensorShape: {dim, unknownRank: false},
    ...content,
  };
  return stringValue([], [encodeMessage(TensorProto, proto)]);
};

const parseTensor: Kernel = ([serialized], ctx) => {
  if (serialized!.rank !== 0)
    throw invalid(ctx, `serialized must be a scalar, got shape [${serialized!.shape}]`);
  const proto = decodeMessage(TensorProto, serialized!.strings().at(0), 'the input of ParseTensor');
  const tensor = Value.of(tensorOf(proto, 'the input of ParseTensor'));
  const wanted = ctx.attrs.dtype('out_type');
  if (tensor.dtype !== wanted)
    throw invalid(ctx, `the tensor is ${tensor.dtype}, but ${wanted} was asked for`);
  return tensor;
};

const LIMITS = 'no resource or variant tensors';

/** Tensors in messages. */
export const tensorMessages: OpFamily = {
  SerializeTensor: {
    kernel: serializeTensor,
    limits: LIMITS,
    unsupportedDtypes: {T: ['resource', 'variant']},
  },
  ParseTensor: {
    kernel: parseTensor,
    limits: LIMITS,
    unsupportedDtypes: {out_type: ['resource', 'variant']},
  },
};
