/**
 * Checks what is inferred against what the real TensorFlow computed: every call in `fixtures/ops/*.json` tells the shapes
 * of its outputs, and so does every odd call in `odd_sizes.json.gz`; `partial_shapes.json.gz` has what TensorFlow infers itself.
 */

import {readdirSync, readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {Attrs} from '../graph/attrs.js';
import {inferGraph} from '../graph/infer.js';
import {elementsOf, type Inferred, type Known, knownConstant} from '../graph/known.js';
import {argTensors} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import {fitsShape, formatShape, isKnown, mergeShapes, type PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';
import {factsOf} from './facts.js';
import {INFER_COLUMNS, inferenceOf} from './infer.js';
import {type OddBase, oddCalls, oddEndpoint, oddGraph, readOddSizes} from './testing/odd_sizes.js';
import {decodeAttr, decodeTensor, type OpCase} from './testing/op_case_json.js';

const DIRECTORY = new URL('../../fixtures/ops/', import.meta.url);

const cases = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => {
    const {cases: all = []} = JSON.parse(readFileSync(new URL(name, DIRECTORY), 'utf8')) as {
      cases?: OpCase[];
    };
    return all.filter(({op, inputs}) => Array.isArray(inputs) && inferenceOf(op) !== undefined);
  });

const ops = [...new Set(cases.map(({op}) => op))].sort();

/** How much is known of the inputs. */
const LEVELS: Readonly<Record<string, (tensor: HostTensor) => Known>> = {
  everything: knownConstant,
  'dtypes and shapes': ({dtype, shape}) => ({dtype, shape}),
  'dtypes and ranks': ({dtype, shape}) => ({dtype, shape: shape.map(() => null)}),
  dtypes: ({dtype}) => ({dtype, shape: null}),
};

/** What is inferred of a call, each output with its dtype. */
function inferred({op, inputs, attrs}: OpCase, knownOf: (tensor: HostTensor) => Known): readonly Known[] {
  const definition = opDef(op)!;
  const given = new Map(Object.entries(attrs).map(([name, attr]) => [name, decodeAttr(attr)]));
  const defaults = new Map(definition.attrs.map((attr) => [attr.name, attr.default]));
  const node = {name: op, op, attrs: new Attrs((name) => given.get(name) ?? defaults.get(name), op)};
  // Cases leave out handles, which are no constants.
  const written = inputs.values();
  const known = argTensors(definition.inputs, node.attrs).map(({dtype}) =>
    dtype === 'resource' ? {dtype, shape: []} : knownOf(decodeTensor(written.next().value!)),
  );
  const found: readonly Inferred[] = inferenceOf(op)!(known, node, {of: () => []});
  return argTensors(definition.outputs, node.attrs).map(({dtype}, i) => ({dtype, ...found[i]!}));
}

/** What is wrong with what is known of an output. */
function contradiction(known: Known, actual: HostTensor): string | undefined {
  if (known.dtype !== actual.dtype) return `dtype ${known.dtype}, not ${actual.dtype}`;
  if (!fitsShape(actual.shape, known.shape)) {
    return `shape ${formatShape(known.shape)}, not ${formatShape(actual.shape)}`;
  }
  const elements = elementsOf(known);
  const wrong = elements?.findIndex(
    (element, i) =>
      element !== null && i < actual.data.length && element !== Number((actual.data as ArrayLike<number>)[i]),
  );
  return wrong === undefined || wrong < 0 ? undefined : `element ${wrong} is ${elements![wrong]}`;
}

describe('what is inferred agrees with what TensorFlow computes', () => {
  for (const op of ops) {
    it(op, () => {
      const calls = cases.filter((each) => each.op === op);
      const faults = calls.flatMap((each, i) =>
        Object.keys(LEVELS).flatMap((level) => {
          const call = `#${i} ${each.note ?? ''} (${each.inputs.map(({shape}) => formatShape(shape))}), ${level}`;
          if (each.error || each.outputs === undefined) {
            try {
              inferred(each, LEVELS[level]!);
            } catch (error) {
              if (!(error instanceof CallError)) return [`${call}: ${error}`];
            }
            return [];
          }
          const outputs = inferred(each, LEVELS[level]!);
          if (outputs.length !== each.outputs.length) return [`${call}: ${outputs.length} outputs`];
          return outputs.flatMap((known, k) => {
            const output = each.outputs![k];
            if (output == null) return [];
            const actual = decodeTensor(output);
            const wrong = contradiction(known, actual);
            if (wrong !== undefined) return [`${call}: output ${k} has ${wrong}`];
            const isVague = level === 'everything' && !isKnown(known.shape) && !factsOf(op).dataDependent;
            return isVague ? [`${call}: of output ${k} only ${formatShape(known.shape)} is known`] : [];
          });
        }),
      );
      expect(faults).toEqual([]);
    });
  }
});

describe('what is inferred of odd sizes, axes, bounds and indices agrees with TensorFlow', () => {
  const bases = readOddSizes(new URL('odd_sizes.json.gz', DIRECTORY)).filter(
    ({op}) => inferenceOf(op) !== undefined,
  );
  for (const op of new Set(bases.map((base) => base.op))) {
    it(op, () => {
      expect(bases.filter((base) => base.op === op).flatMap(oddFaults)).toEqual([]);
    });
  }
});

/** The calls of a base which TensorFlow answers otherwise than is inferred, or which are taken for errors. */
function oddFaults(base: OddBase): string[] {
  const graph = oddGraph(base);
  const fetches = base.fetches.map((fetch) => oddEndpoint(graph, fetch));
  return oddCalls(base).flatMap(({given, title, answer}) =>
    Object.entries(LEVELS).flatMap(([level, knownOf]) => {
      const known = inferGraph(graph, {
        rules: inferenceOf,
        given: given.map((tensor, i) => ({endpoint: oddEndpoint(graph, `x${i}`), known: knownOf(tensor)})),
      });
      if (!('outputs' in answer)) return [];
      return answer.outputs.flatMap((expected, i) => {
        const found = known.of(fetches[i]!);
        if (found === undefined) return [`${title}${level}: taken for an error`];
        const wrong = contradiction(
          found,
          'data' in expected ? decodeTensor(expected) : {...expected, data: []},
        );
        return wrong === undefined ? [] : [`${title}${level}: ${wrong}`];
      });
    }),
  );
}

/** What is known of an input in `partial_shapes.json.gz`, by the level's name there. */
const PARTIAL_LEVELS: Readonly<Record<string, (tensor: HostTensor) => Known>> = {
  shapes: LEVELS['dtypes and shapes']!,
  ranks: LEVELS['dtypes and ranks']!,
  nothing: LEVELS.dtypes!,
  'ranks and integers': (tensor) =>
    holdsSizes(tensor) ? knownConstant(tensor) : LEVELS['dtypes and ranks']!(tensor),
  'every other size and integers': (tensor) =>
    holdsSizes(tensor)
      ? knownConstant(tensor)
      : {dtype: tensor.dtype, shape: tensor.shape.map((size, i) => (i % 2 === 0 ? size : null))},
};

/** Integers that may be sizes or axes are given to TensorFlow as constants. */
const holdsSizes = ({dtype, data}: HostTensor): boolean =>
  (dtype === 'int32' || dtype === 'int64') && data.length <= 64;

describe('as much is inferred as TensorFlow infers where not everything is known', () => {
  const {answers} = JSON.parse(
    gunzipSync(readFileSync(new URL('partial_shapes.json.gz', DIRECTORY))).toString(),
  ) as {answers: Record<string, Record<string, Record<string, PartialShape[]>>>};
  for (const [file, calls] of Object.entries(answers)) {
    it(file, () => {
      const {cases: all} = JSON.parse(readFileSync(new URL(`${file}.json`, DIRECTORY), 'utf8')) as {
        cases: OpCase[];
      };
      const vague = Object.entries(calls).flatMap(([index, levels]) => {
        const call = all[Number(index)]!;
        if (inferenceOf(call.op) === undefined) return [];
        return Object.entries(levels).flatMap(([level, shapes]) =>
          inferred(call, PARTIAL_LEVELS[level]!).flatMap(({shape}, i) => {
            const merged = mergeShapes(shape, shapes[i]!);
            if (merged !== undefined && formatShape(merged) === formatShape(shape)) return [];
            const inputs = call.inputs.map((each) => formatShape(each.shape));
            return [
              `${call.op} (${inputs}), ${level}: ${formatShape(shape)}, not ${formatShape(shapes[i]!)}`,
            ];
          }),
        );
      });
      expect(vague).toEqual([]);
    });
  }
});

it('has each rule for an op of its family, once', () => {
  const named = Object.values(INFER_COLUMNS).flatMap(Object.keys);
  expect(named.filter((op, i) => named.indexOf(op) !== i || opDef(op) === undefined)).toEqual([]);
});
