import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../algorithms/utf8.js';
import {FormatError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import {PackedStrings} from '../host/strings.js';
import {readNpy, writeNpy} from './npy.js';

/** What `numpy.save` of NumPy 1.26 writes, in base64. */
const FILES = {
  'numpy.int64(-5 * 10**15)':
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAgB/Ihjzu/w==',
  "numpy.array([['a', 'größe']])":
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPFU1JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAphAAAAAAAAAAAAAAAAAAAAAAAAAGcAAAByAAAA9gAAAN8AAABlAAAA',
  "numpy.arange(3, dtype='>i4')":
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAQAAAAI=',
} as const;

const read = (name: keyof typeof FILES) => readNpy(new Uint8Array(Buffer.from(FILES[name], 'base64')), name);

describe('.npy files', () => {
  it('are read as NumPy writes them', () => {
    expect(read('numpy.int64(-5 * 10**15)')).toEqual({
      dtype: 'int64',
      shape: [],
      data: BigInt64Array.of(-5_000_000_000_000_000n),
    });
    expect(read("numpy.array([['a', 'größe']])")).toEqual({
      dtype: 'string',
      shape: [1, 2],
      data: PackedStrings.ofTexts(['a', 'größe']),
    });
    expect(read("numpy.arange(3, dtype='>i4')")).toEqual({
      dtype: 'int32',
      shape: [3],
      data: Int32Array.of(0, 1, 2),
    });
  });

  for (const [dtype, data] of [
    ['float32', Float32Array.of(1.5, Number.NaN, -0)],
    ['float64', Float64Array.of(1e300, 2, 3)],
    ['int64', BigInt64Array.of(2n ** 62n, -1n, 0n)],
    ['uint8', Uint8Array.of(255, 0, 7)],
    ['bool', Uint8Array.of(1, 0, 1)],
  ] as const) {
    it(`keeps ${dtype} arrays`, () => {
      const tensor = {dtype: dtype as DType, shape: [3], data};
      expect(readNpy(writeNpy(tensor), 'x.npy')).toEqual(tensor);
    });
  }

  it('keeps byte strings, but for trailing zeros', () => {
    const strings = PackedStrings.of([encodeUtf8('größe'), Uint8Array.of(0xff, 0xfe), new Uint8Array()]);
    expect(readNpy(writeNpy({dtype: 'string', shape: [3], data: strings}), 'x.npy').data).toEqual(strings);
  });

  it('refuses what is no .npy file, or ends too early', () => {
    expect(() => readNpy(encodeUtf8('hello, world'), 'x.npy')).toThrow(FormatError);
    const whole = writeNpy({dtype: 'float32', shape: [4], data: new Float32Array(4)});
    for (let length = 0; length < whole.length; length++) {
      expect(() => readNpy(whole.subarray(0, length), 'x.npy')).toThrow(FormatError);
    }
  });
});
