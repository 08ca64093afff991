/** Functions, structures and attributes of the models in `fixtures/`: read, written, and read again. */

import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {PackedStrings} from '../host/strings.js';
import type {HostTensor} from '../host/tensor.js';
import {
  decodeMessage,
  encodeMessage,
  FunctionDef,
  FunctionDefLibrary,
  makeMessage,
  SavedModel,
  StructuredValue,
} from '../proto/index.js';
import type {Attr} from './attrs.js';
import {tensorOf} from './from_proto.js';
import type {FunctionGraph} from './graph.js';
import {identifier} from './names.js';
import {type Structure, structureOf} from './nest.js';
import {opDef} from './op_defs.js';
import {readLibrary} from './read_graph.js';
import {structureProto, tensorProto} from './to_proto.js';
import {writeFunction} from './write_graph.js';

const MODELS = 'fixtures/models';
const names = readdirSync(MODELS).filter(
  (name) => !name.endsWith('.json') && readdirSync(`${MODELS}/${name}`).includes('saved_model.pb'),
);

function read(name: string): SavedModel {
  return decodeMessage(SavedModel, readFileSync(`${MODELS}/${name}/saved_model.pb`), name);
}

/** What has to survive, in a form that compares; NaN payloads and the like as bytes. */
function comparable(graph: FunctionGraph): unknown {
  return {
    parameters: graph.parameters,
    results: graph.results,
    controlResults: graph.controlResults,
    nodes: graph.nodes.map(({name, op, inputs, controls, attrs}) => ({
      name,
      op,
      inputs,
      controls,
      attrs: (opDef(op)?.attrs ?? []).map(({name: key}) => [key, plain(attrs.raw(key))]),
      gradient: plain(attrs.raw('_gradient_op_type')),
    })),
  };
}

function plain(attr: Attr | undefined): unknown {
  if (attr?.type === 'func') return [attr.value.name, ...attr.value.attrs.keys()];
  if (attr?.type === 'list') return attr.value.map(plain);
  return attr?.value;
}

describe('functions of the fixtures', () => {
  it.each(names)('%s: are written as they were read', (name) => {
    for (const {graphDef} of read(name).metaGraphs) {
      const library = readLibrary(graphDef?.library);
      const all = [...library.names()];
      for (const each of all) {
        const graph = library.get(each)!;
        // Functions of TensorFlow 1 have names of parameters that TensorFlow 2 would not write.
        if (graph.parameters.some((parameter) => identifier(parameter.name) !== parameter.name)) continue;
        const written = writeFunction(graph, {
          outputsOf: (callee) => library.get(callee)?.results.map((result) => result.name),
        });
        const again = readLibrary(
          makeMessage(FunctionDefLibrary, {
            // Functions that nodes name as their ops are looked up by the reader.
            function: [
              encodeMessage(FunctionDef, written),
              ...graphDef!.library!.function.filter((_, i) => all[i] !== each),
            ],
          }),
        );
        expect(comparable(again.get(each)!), each).toEqual(comparable(graph));
      }
    }
  });

  it.each(names)('%s: their signatures are written as they were read', (name) => {
    for (const {objectGraphDef} of read(name).metaGraphs) {
      for (const {
        canonicalizedInputSignature,
        outputSignature,
      } of objectGraphDef?.concreteFunctions.values() ?? []) {
        for (const each of [structureOf(canonicalizedInputSignature), structureOf(outputSignature)]) {
          if (hasUnknownComposite(each)) continue;
          const bytes = encodeMessage(StructuredValue, structureProto(each));
          expect(structureOf(decodeMessage(StructuredValue, bytes, 'a structure'))).toEqual(each);
        }
      }
    }
  });
});

function hasUnknownComposite(structure: Structure): boolean {
  if (structure.kind === 'composite') return structure.type === 'other';
  const children =
    structure.kind === 'list' || structure.kind === 'tuple'
      ? structure.items
      : structure.kind === 'dict' || structure.kind === 'namedTuple'
        ? [...structure.fields.values()]
        : [];
  return children.some(hasUnknownComposite);
}

describe('tensors', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const tensors: HostTensor[] = [
    {dtype: 'float32', shape: [], data: Float32Array.of(Number.NaN)},
    {dtype: 'float32', shape: [2, 1], data: Float32Array.of(-0, 1.5)},
    {dtype: 'float16', shape: [], data: Float32Array.of(0.5)},
    {dtype: 'bfloat16', shape: [2], data: Float32Array.of(1, -2)},
    {dtype: 'int64', shape: [], data: BigInt64Array.of(-(2n ** 63n))},
    {dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n)},
    {dtype: 'int4', shape: [2], data: Int8Array.of(-8, 7)},
    {dtype: 'bool', shape: [], data: Uint8Array.of(1)},
    {dtype: 'complex64', shape: [1], data: Float32Array.of(1, -1)},
    {dtype: 'string', shape: [2], data: PackedStrings.of([bytes(''), Uint8Array.of(0xff, 0xfe)])},
    {dtype: 'string', shape: [0], data: PackedStrings.empty(0)},
    {dtype: 'float64', shape: [0, 3], data: new Float64Array()},
  ];
  it.each(tensors)('$dtype $shape: is written as it was read', (tensor) => {
    expect(tensorOf(tensorProto(tensor), 'a tensor')).toEqual(tensor);
  });
});
