/**
 * The single ops that the real TensorFlow computed, as `fixtures/ops/*.json` has them.
 *
 * @module
 */

import type {Attr} from '../../graph/attrs.js';
import type {DType} from '../../host/dtypes.js';
import {PackedStrings} from '../../host/strings.js';
import {type HostTensor, sizeOf} from '../../host/tensor.js';
import {decodeTensorBytes} from '../../host/tensor_bytes.js';

export interface JsonTensor {
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: string | string[];
}

export interface OpCase {
  readonly op: string;
  readonly note?: string;
  readonly error?: true;
  readonly inputs: JsonTensor[];
  readonly attrs: Record<string, JsonAttr>;
  /** null for one that TensorFlow leaves unset, or that depends on the processor. */
  readonly outputs?: (JsonTensor | null)[];
  readonly gradients?: (JsonTensor | null)[];
  /** Which outputs the gradients are of; all when absent. */
  readonly differentiated?: number[];
  /** TensorFlow has no gradient for the op. */
  readonly undifferentiable?: true;
  readonly rtol?: number;
  readonly atol?: number;
}

export interface JsonAttr {
  readonly type: Attr['type'];
  readonly value: never;
}

/** An attribute of the fixtures' JSON. */
export function decodeAttr({type, value}: JsonAttr): Attr {
  const decode: Partial<Record<Attr['type'], (value: never) => unknown>> = {
    int: (text: string) => BigInt(text),
    float: (number: number | string) =>
      Number(number === 'inf' ? Infinity : number === '-inf' ? -Infinity : number),
    string: (text: string) => fromBase64(text),
    tensor: (tensor: JsonTensor) => decodeTensor(tensor),
    list: (items: JsonAttr[]) => items.map(decodeAttr),
  };
  return {type, value: decode[type] ? decode[type](value) : value} as Attr;
}

/** A tensor of the fixtures' JSON. */
export function decodeTensor({dtype, shape, data}: JsonTensor): HostTensor {
  if (Array.isArray(data)) return {dtype, shape, data: PackedStrings.of(data.map(fromBase64))};
  return {dtype, shape, data: decodeTensorBytes(dtype, fromBase64(data), sizeOf(shape))};
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
