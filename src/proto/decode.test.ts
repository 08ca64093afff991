import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {FormatError} from '../errors.js';
import {startCpuTime} from '../testing/cpu_time.js';
import {
  AttrValue,
  BundleEntryProto,
  DataType,
  decodeMessage,
  encodeMessage,
  FunctionDef,
  NodeDef,
  SavedModel,
  StructuredValue,
  TensorProto,
  TensorShapeProto,
} from './index.js';

const MODEL = new Uint8Array(
  readFileSync(new URL('../../fixtures/proto/text/saved_model.pb', import.meta.url)),
);

/** Bytes of a message from its parts: numbers are bytes, a nested array is a length and its bytes. */
type Part = number | Part[];
function wire(...parts: Part[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [part];
      const body = wire(...part);
      return [...varint(body.length), ...body];
    }),
  );
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
}

function failure(type: {decode(input: never): unknown}, bytes: Uint8Array): string {
  try {
    decodeMessage(type as typeof AttrValue, bytes, 'saved_model.pb of m');
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error('decoded');
}

describe('messages', () => {
  it('decode to views of the input', () => {
    const bytes = wire(0x22, [1, 2, 3]); // tensor_content
    const tensor = decodeMessage(TensorProto, bytes, 'tensor');
    expect([...tensor.tensorContent]).toEqual([1, 2, 3]);
    expect(tensor.tensorContent.buffer).toBe(bytes.buffer);
    expect(tensor.tensorContent.byteOffset).toBe(2);
    expect(decodeMessage(TensorProto, Buffer.from(bytes), 'tensor').tensorContent.constructor).toBe(
      Uint8Array,
    );
  });

  it('keep functions undecoded until they are wanted', () => {
    const library = decodeMessage(SavedModel, MODEL, 'model').metaGraphs[0]!.graphDef!.library!;
    const names = library.function.map(
      (bytes) => decodeMessage(FunctionDef, bytes, 'function').signature?.name,
    );
    expect(library.function[0]).toBeInstanceOf(Uint8Array);
    expect(names.some((name) => name?.startsWith('__inference_scale_'))).toBe(true);
  });

  it('give integers exactly, sizes as numbers', () => {
    const most = AttrValue.decode(wire(0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01));
    expect(most.value).toEqual({$case: 'i', value: -(2n ** 63n)});
    const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    const shape = decodeMessage(
      TensorShapeProto,
      wire(0x12, [0x08, ...minusOne], 0x12, [0x08, 0x80, 0x01]),
      's',
    );
    expect(shape.dim.map((dim) => dim.size)).toEqual([-1, 128]);
    const entry = BundleEntryProto.decode(wire(0x20, ...varint(2 ** 53 - 1)));
    expect(entry.offset).toBe(2 ** 53 - 1);
    expect(failure(BundleEntryProto, wire(0x20, ...varint(2 ** 53)))).toMatch(
      /9007199254740992 is too large/,
    );
    expect(AttrValue.decode(wire(0x30, ...minusOne)).value).toEqual({$case: 'type', value: -1});
  });

  it('are written back with everything they had', () => {
    const rewritten = encodeMessage(SavedModel, decodeMessage(SavedModel, MODEL, 'model'));
    expect(rewritten).toHaveLength(MODEL.length);
    expect(decodeMessage(SavedModel, rewritten, 'again')).toEqual(decodeMessage(SavedModel, MODEL, 'model'));
  });

  it('keep fields that are unknown here', () => {
    // 1000: varint, 1001: 8 bytes, 1002: bytes, 1003: group with a varint, 1005: 4 bytes
    const unknown = wire(
      ...[0xc0, 0x3e, 5, 0xc9, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8, 0xd2, 0x3e, [9, 9]],
      ...[0xdb, 0x3e, 0x08, 1, 0xdc, 0x3e, 0xed, 0x3e, 1, 2, 3, 4],
    );
    const bytes = wire(0x0a, [0x61], ...unknown);
    expect(encodeMessage(NodeDef, decodeMessage(NodeDef, bytes, 'node'))).toEqual(bytes);
  });

  it('take map keys that are names of object properties', () => {
    const bytes = wire(0x2a, [0x0a, [...Buffer.from('__proto__')], 0x12, [0x28, 1]]);
    const {attr} = decodeMessage(NodeDef, bytes, 'node');
    expect([...attr]).toHaveLength(1);
    expect(attr.get('__proto__')).toEqual(Uint8Array.of(0x28, 1));
    expect(encodeMessage(NodeDef, decodeMessage(NodeDef, bytes, 'node'))).toEqual(bytes);
  });

  it('decode text of any length and script', () => {
    for (const text of ['', 'a'.repeat(32), 'a'.repeat(33), 'naïve', '三'.repeat(40), '😀', '\0']) {
      const bytes = wire(0x0a, [...Buffer.from(text)]);
      expect(decodeMessage(NodeDef, bytes, 'node').name).toBe(text);
    }
  });

  it('read packed and single values of repeated fields alike', () => {
    const packed = decodeMessage(TensorProto, wire(0x3a, [1, 2, 0x96, 0x01]), 'tensor');
    const single = decodeMessage(TensorProto, wire(0x38, 1, 0x38, 2, 0x38, 0x96, 0x01), 'tensor');
    expect(packed.intVal).toEqual([1, 2, 150]);
    expect(single.intVal).toEqual([1, 2, 150]);
  });

  it('know the data types of newer releases', () => {
    expect(DataType.DT_FLOAT4_E2M1FN).toBe(33);
  });
});

describe('damaged messages', () => {
  it('name the file and the place', () => {
    expect(failure(NodeDef, wire(0x0a, 5, 1, 2))).toBe(
      'saved_model.pb of m is not the protocol buffer it should be: byte 2 starts 5 bytes, of which 2 are there',
    );
  });

  it('refuse lengths beyond the data, of any size', () => {
    const lengths = [[5], [0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0x7f]];
    lengths.push([...new Array<number>(9).fill(0xff), 0x01], new Array<number>(20).fill(0xff));
    // name (string), attr (map), input; tensor_content (bytes), shape (message), int_val and float_val (packed)
    for (const length of lengths) {
      for (const tag of [0x0a, 0x2a, 0x1a, 0x7a]) failure(NodeDef, Uint8Array.of(tag, ...length, 1, 2));
      for (const tag of [0x22, 0x12, 0x3a, 0x2a])
        failure(TensorProto, Uint8Array.of(tag, ...length, 1, 2, 3, 4));
    }
    // 2^32 + 2 must not pass for 2.
    expect(failure(NodeDef, Uint8Array.of(0x0a, 0x82, 0x80, 0x80, 0x80, 0x10, 1, 2))).toMatch(
      /more than 32 bits/,
    );
  });

  it('refuse a field that runs past the end of its message', () => {
    // An attr entry of 4 bytes whose key claims 6; the data go on, so that only the entry is too short.
    const bytes = Uint8Array.of(0x2a, 4, 0x0a, 6, 1, 1, 1, 1, 1, 1, 0x0a, 1, 0x61);
    expect(failure(NodeDef, bytes)).toMatch(
      /a message should end at byte 6, but a field of it ends at byte 10/,
    );
  });

  it('refuse numbers without end, wrong wire types in groups, groups without end, and field number 0', () => {
    failure(AttrValue, Uint8Array.of(0x18, ...new Array<number>(11).fill(0x80)));
    failure(AttrValue, Uint8Array.of(0x18, 0x80));
    failure(AttrValue, Uint8Array.of(0x25, 1, 2));
    failure(NodeDef, Uint8Array.of(0x0c)); // an end of group alone
    failure(NodeDef, Uint8Array.of(0x0b, 0x08, 1)); // a group without end
    failure(NodeDef, Uint8Array.of(0x0e)); // wire type 6
    failure(NodeDef, Uint8Array.of(0x00, 0x00)); // field 0
    failure(NodeDef, new Uint8Array(300_000).fill(0x0b)); // groups within groups
  });

  it('refuse messages nested 100,000 deep, quickly', () => {
    const elapsed = startCpuTime();
    expect(failure(StructuredValue, structured(100_000))).toMatch(/recursion limit/);
    expect(failure(TensorProto, variants(100_000))).toMatch(/recursion limit/);
    expect(elapsed()).toBeLessThan(5000);
    expect(() => decodeMessage(StructuredValue, structured(49), 'value')).not.toThrow();
  });

  it('end in an error or a message at every truncation of a model', () => {
    let refused = 0;
    const start = performance.now();
    for (let length = 0; length < MODEL.length; length += 7) {
      refused += attempt(MODEL.subarray(0, length));
    }
    const tried = Math.ceil(MODEL.length / 7);
    console.info(`${tried} truncations, ${refused} refused, ${Math.round(performance.now() - start)} ms`);
    expect(refused).toBeGreaterThan(tried * 0.99);
  });

  it('end in an error or a message at every changed byte of a model', () => {
    const bytes = MODEL.slice();
    let refused = 0;
    let tried = 0;
    const start = performance.now();
    for (let i = 0; i < bytes.length; i += 13) {
      const original = bytes[i]!;
      for (const changed of [original ^ 0x01, original ^ 0x80, 0xff]) {
        bytes[i] = changed;
        refused += attempt(bytes);
        tried++;
      }
      bytes[i] = original;
    }
    console.info(`${tried} changed bytes, ${refused} refused, ${Math.round(performance.now() - start)} ms`);
    expect(refused).toBeGreaterThan(0);
  });
});

/** 1 when the model and its functions are refused, which has to be with a FormatError. */
function attempt(bytes: Uint8Array): 0 | 1 {
  try {
    const model = decodeMessage(SavedModel, bytes, 'model');
    for (const {graphDef} of model.metaGraphs) {
      for (const fn of graphDef?.library?.function ?? []) decodeMessage(FunctionDef, fn, 'function');
    }
    return 0;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return 1;
  }
}

/** list_value { values { list_value { values ... } } } */
function structured(depth: number): Uint8Array {
  return nested(
    [
      [0x9a, 0x03], // StructuredValue.list_value = 51
      [0x0a], // ListValue.values = 1
    ],
    depth * 2,
  );
}

/** variant_val { tensors { variant_val ... } } */
function variants(depth: number): Uint8Array {
  return nested([[0x7a], [0x1a]], depth);
}

/** `depth` messages in one another, the tags in turn. Built from the inside, so that it takes linear time. */
function nested(tags: readonly number[][], depth: number): Uint8Array {
  const headers: number[][] = [];
  let size = 0;
  for (let i = depth - 1; i >= 0; i--) {
    const header = [...tags[i % tags.length]!, ...varint(size)];
    headers.push(header);
    size += header.length;
  }
  return Uint8Array.from(headers.reverse().flat());
}
