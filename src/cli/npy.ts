/**
 * NumPy's `.npy` and `.npz` files.
 *
 * Source: `numpy/lib/format.py`.
 *
 * @module
 */

import {unzipSync} from 'fflate';
import {encodeUtf8} from '../algorithms/utf8.js';
import {FormatError} from '../errors.js';
import type {NumericArray} from '../host/dtypes.js';
import {type DType, dtypeInfo, lanes} from '../host/dtypes.js';
import {PackedStrings} from '../host/strings.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import {bytesOf, decodeTensorBytes} from '../host/tensor_bytes.js';

const MAGIC = '\x93NUMPY';

/** NumPy's type codes, little-endian. */
const TYPE_CODES: readonly (readonly [code: string, DType])[] = [
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['b1', 'bool'],
  ['c8', 'complex64'],
  ['c16', 'complex128'],
];

/** The array in a `.npy` file. Byte strings (`S`) and text (`U`) become strings; trailing zeros end them, as in NumPy. */
export function readNpy(bytes: Uint8Array, what: string): HostTensor {
  const latin1 = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 10 || latin1(0, 6) !== MAGIC) throw new FormatError(`${what} is no .npy file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! >= 2;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (end > bytes.length) throw new FormatError(`${what} ends within its header`);
  const header = latin1(start, end);
  const descr = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header);
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === null || shapeText === undefined) {
    throw new FormatError(`${what} has a header that is not understood: ${header.trim()}`);
  }
  const shape = shapeText
    .split(',')
    .filter((dim) => dim.trim() !== '')
    .map(Number);
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1) {
    throw new FormatError(`${what} is in Fortran order; save it with numpy.ascontiguousarray`);
  }
  return decode(bytes.subarray(end), descr[1]!, descr[2]!, shape, what);
}

function decode(data: Uint8Array, order: string, code: string, shape: number[], what: string): HostTensor {
  const size = sizeOf(shape);
  const text = /^([SU])(\d+)$/.exec(code);
  if (text !== null)
    return {
      dtype: 'string',
      shape,
      data: PackedStrings.of(decodeText(data, text[1]!, Number(text[2]), size)),
    };
  const dtype = TYPE_CODES.find(([each]) => each === code)?.[1];
  if (dtype === undefined)
    throw new FormatError(`${what} holds elements of type '${code}', which no tensor can have`);
  const {bytes: width} = dtypeInfo(dtype);
  if (data.length < size * width) throw new FormatError(`${what} ends within its data`);
  const elements = data.slice(0, size * width);
  if (order === '>') swapBytes(elements, width / lanes(dtype));
  return {dtype, shape, data: decodeTensorBytes(dtype, elements, size)};
}

function decodeText(data: Uint8Array, kind: string, length: number, size: number): Uint8Array[] {
  const width = kind === 'U' ? 4 * length : length;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({length: size}, (_, i) => {
    const item = data.subarray(i * width, (i + 1) * width);
    if (kind === 'S') return item.slice(0, item.findLastIndex((byte) => byte !== 0) + 1);
    let text = '';
    for (let at = 0; at < length; at++) {
      const point = view.getUint32(i * width + 4 * at, true);
      if (point !== 0) text += String.fromCodePoint(point);
    }
    return encodeUtf8(text);
  });
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

/** The arrays in a `.npz` file by name. */
export function readNpz(bytes: Uint8Array, what: string): Map<string, HostTensor> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes);
  } catch (cause) {
    throw new FormatError(`${what} is no .npz file: ${(cause as Error).message}`, {cause});
  }
  return new Map(
    Object.entries(files).map(([name, content]) => [
      name.replace(/\.npy$/, ''),
      readNpy(content, `${what}:${name}`),
    ]),
  );
}

/** A `.npy` file; float16 and bfloat16 are written as float32, strings as byte strings of the longest length. */
export function writeNpy({dtype, shape, data}: HostTensor): Uint8Array {
  const [code, body] =
    dtype === 'string'
      ? encodeStrings((data as PackedStrings).toArray())
      : encodeNumbers(dtype, data as NumericArray);
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${code}', 'fortran_order': False, 'shape': (${dims}), }`;
  // The header ends in a newline at a multiple of 64 bytes.
  const padded = `${dict.padEnd(Math.ceil((dict.length + 11) / 64) * 64 - 11)}\n`;
  const head = Uint8Array.from(`${MAGIC}\x01\x00`, (char) => char.charCodeAt(0));
  const out = new Uint8Array(10 + padded.length + body.length);
  out.set(head);
  new DataView(out.buffer).setUint16(8, padded.length, true);
  out.set(encodeUtf8(padded), 10);
  out.set(body, 10 + padded.length);
  return out;
}

function encodeNumbers(dtype: DType, data: NumericArray): [string, Uint8Array] {
  const stored = data instanceof Float32Array && lanes(dtype) === 1 ? 'float32' : dtype;
  const code = TYPE_CODES.find(([, each]) => each === stored)?.[0];
  if (code === undefined) throw new FormatError(`NumPy has no type for ${dtype}`);
  return [`${dtypeInfo(stored).bytes === 1 ? '|' : '<'}${code}`, bytesOf(data)];
}

function encodeStrings(strings: readonly Uint8Array[]): [string, Uint8Array] {
  const width = Math.max(1, ...strings.map(({length}) => length));
  const body = new Uint8Array(width * strings.length);
  strings.forEach((item, i) => {
    body.set(item, i * width);
  });
  return [`|S${width}`, body];
}
