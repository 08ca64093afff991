import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {FormatError} from '../errors.js';
import {
  AttrValue,
  BundleEntryProto,
  CollectionDef,
  decodeMessage,
  encodeMessage,
  Feature,
  FunctionDef,
  NodeDef,
  SavedModel,
  StructuredValue,
  TensorProto,
} from './index.js';
import {decodeTextMessage, textToBinary} from './text_format.js';

const FIXTURE = new URL('../../fixtures/proto/text/', import.meta.url);
const file = (name: string) => new Uint8Array(readFileSync(new URL(name, FIXTURE)));

const TYPES = {
  AttrValue,
  BundleEntryProto,
  CollectionDef,
  Feature,
  NodeDef,
  StructuredValue,
  TensorProto,
};

/** A model with its functions and attributes decoded: equal bytes are not asked for, equal content is. */
function fullyDecoded(model: SavedModel) {
  return model.metaGraphs.map((metaGraph) => ({
    ...metaGraph,
    metaInfoDef: {...metaGraph.metaInfoDef, strippedOpList: undefined},
    functions: metaGraph.graphDef?.library?.function.map((bytes) => {
      const {nodeDef, ...rest} = decodeMessage(FunctionDef, bytes, 'a function');
      return {...rest, nodes: nodeDef.map(withAttributes)};
    }),
    graphDef: {...metaGraph.graphDef, node: metaGraph.graphDef?.node.map(withAttributes), library: undefined},
  }));
}

function withAttributes({attr, ...rest}: NodeDef) {
  const decoded = [...attr].map(([name, bytes]) => [name, decodeMessage(AttrValue, bytes, name)] as const);
  return {...rest, attr: new Map(decoded)};
}

const attr = (text: string) => decodeTextMessage(AttrValue, 'tensorflow.AttrValue', text, 'test').value;
const bytesOf = (text: string) => Buffer.from((attr(text) as {value: Uint8Array}).value).toString('hex');
const utf8 = (text: string) => Buffer.from(text).toString('hex');

function failure(type: string, text: string): string {
  try {
    textToBinary(type, text, 'model.pbtxt');
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error(`parsed: ${text}`);
}

describe('text format', () => {
  it('reads a saved_model.pbtxt as the saved_model.pb of the same model', () => {
    const text = decodeTextMessage(SavedModel, 'tensorflow.SavedModel', file('saved_model.pbtxt'), 'text');
    const binary = decodeMessage(SavedModel, file('saved_model.pb'), 'binary');
    expect(text.metaGraphs).toHaveLength(2);
    expect(fullyDecoded(text)).toEqual(fullyDecoded(binary));
  });

  it('takes and refuses the texts that the parser of protobuf does', () => {
    const lines = readFileSync(new URL('cases.jsonl', FIXTURE), 'utf8').trimEnd().split('\n');
    const cases = lines.map((line) => JSON.parse(line) as [keyof typeof TYPES, string, string | null]);
    for (const [name, text, expected] of cases) {
      const type = TYPES[name] as typeof AttrValue;
      const typeName = `tensorflow.${name}`;
      if (expected === null) {
        expect(() => textToBinary(typeName, text, name), text).toThrow(FormatError);
      } else {
        const decoded = decodeTextMessage(type, typeName, text, name);
        expect(decoded, text).toEqual(decodeMessage(type, Buffer.from(expected, 'hex'), name));
      }
    }
    console.info(`${cases.length} texts parsed as protobuf parses them`);
  });

  it('follows the specification where the Python parser does not', () => {
    expect(attr('i: - 7')).toEqual({$case: 'i', value: -7n});
    expect(attr('f: 1.5e-3F')).toEqual({$case: 'f', value: Math.fround(1.5e-3)});
    expect(bytesOf(String.raw`s: "\?"`)).toBe(utf8('?'));
    expect(bytesOf(String.raw`s: "\u00e9\u4e09"`)).toBe(utf8('é三'));
    expect(bytesOf(String.raw`s: "\U0001F600"`)).toBe(utf8('😀'));
    expect(bytesOf(String.raw`s: "\uD83D\uDE00"`)).toBe(utf8('😀'));
    for (const text of ['\\q', '\\400', '\\U00110000', '\\uD83D', '\\uDE00', '\\u12', '\\']) {
      expect(failure('tensorflow.AttrValue', `s: "${text}"`)).toMatch(/line 1, column/);
    }
  });

  it('writes strings longer than one buffer', () => {
    const long = 'ab\\n'.repeat(100_000);
    expect(bytesOf(`s: "${long}"`)).toBe(utf8('ab\n').repeat(100_000));
  });

  it('says where a text is wrong', () => {
    const type = 'tensorflow.NodeDef';
    expect(failure(type, 'name: "a"\nop: "b"\n  nothing: 1')).toBe(
      "model.pbtxt, line 3, column 3: tensorflow.NodeDef has no field 'nothing'",
    );
    expect(failure(type, 'name: "a"\nname: "b"')).toBe(
      "model.pbtxt, line 2, column 1: field 'name' is given twice",
    );
    expect(failure(type, 'attr {\n  key: "a"\n')).toBe(
      "model.pbtxt, line 3, column 1: the text ends before the '}' of a tensorflow.NodeDef.AttrEntry",
    );
    expect(failure(type, 'attr { value { i: 1 f: 2 } }')).toBe(
      "model.pbtxt, line 1, column 21: field 'f' is given beside another of 'value'",
    );
    expect(failure(type, 'name: 7 ')).toBe("model.pbtxt, line 1, column 7: expected a string, found '7'");
    expect(failure('tensorflow.Nothing', '')).toBe(
      'model.pbtxt: messages of type tensorflow.Nothing are not known here',
    );
  });

  it('limits how deep messages nest', () => {
    const nested = (depth: number) =>
      `${'list_value { values { '.repeat(depth)}none_value {}${'} }'.repeat(depth)}`;
    const type = 'tensorflow.StructuredValue';
    expect(() => textToBinary(type, nested(49), 'test')).not.toThrow();
    expect(failure(type, nested(100_000))).toMatch(/messages are nested more than 100 deep/);
  });

  it('ends with an error at every truncation of a model', () => {
    const text = readFileSync(new URL('saved_model.pbtxt', FIXTURE), 'utf8');
    let refused = 0;
    for (let length = 1; length < text.length; length += 997) {
      try {
        textToBinary('tensorflow.SavedModel', text.slice(0, length), 'truncated');
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
    }
    console.info(`${refused} truncated texts refused`);
    expect(refused).toBeGreaterThan(100);
  });

  it('takes what encodes as what was read', () => {
    const value = decodeTextMessage(AttrValue, 'tensorflow.AttrValue', 'list { i: [1, -2] f: -0.0 }', 'test');
    expect(decodeMessage(AttrValue, encodeMessage(AttrValue, value), 'test')).toEqual(value);
  });
});
