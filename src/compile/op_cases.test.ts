/**
 * Checks every rule of the `onnx` columns against what the real TensorFlow computed (`fixtures/ops/*.json`): each case that lowers
 * runs as a session, with as much and as little known of its inputs as graphs tell.
 */

import {readdirSync, readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {describe, expect, it} from 'vitest';
import {Attrs} from '../graph/attrs.js';
import {ARGUMENT_OP, type Endpoint, type Graph, type GraphNode} from '../graph/graph.js';
import {inferGraph} from '../graph/infer.js';
import type {Known} from '../graph/known.js';
import {argTensors} from '../graph/node_types.js';
import {attrDefault, opDef} from '../graph/op_defs.js';
import type {HostTensor} from '../host/tensor.js';
import {sizeOf} from '../host/tensor.js';
import {ConstantPool} from '../onnx/builder.js';
import {hasOnnxType} from '../onnx/dtypes.js';
import {inferenceOf} from '../ops/infer.js';
import {ONNX_COLUMNS} from '../ops/onnx.js';
import {decodeAttr, decodeTensor, type OpCase} from '../ops/testing/op_case_json.js';
import {caseFile, expectOutput} from '../ops/testing/op_cases.js';
import {nodeOnnxRuntime} from '../platform/node_onnx.js';
import {Value} from '../tensors/value.js';
import {lowerGraph} from './lower.js';
import {Segment, segmentInputs, segmentSpec} from './segment.js';

const runtime = nodeOnnxRuntime()!;

/** What a graph knows of an input: undefined for one that is a constant. */
type Level = (tensor: HostTensor, index: number, count: number) => Known | undefined;

const ofShape = ({dtype, shape}: HostTensor): Known => ({dtype, shape});
const ofRank = ({dtype, shape}: HostTensor): Known => ({dtype, shape: shape.map(() => null)});

const LEVELS: Readonly<Record<string, Level>> = {
  shapes: ofShape,
  ranks: ofRank,
  'shapes, the rest constant': (tensor, index) => (index === 0 ? ofShape(tensor) : undefined),
  'ranks, the rest constant': (tensor, index) => (index === 0 ? ofRank(tensor) : undefined),
  'constant but the last': (tensor, index, count) => (index === count - 1 ? ofRank(tensor) : undefined),
  'constants but the first two': (tensor, index) => (index < 2 ? ofShape(tensor) : undefined),
};

interface Lowered {
  readonly segment: Segment;
  readonly values: readonly Value[];
}

/** A graph of the case's node; undefined where it is not lowered. */
function lower(each: OpCase, level: Level): Lowered | string {
  const definition = opDef(each.op)!;
  const inputs = each.inputs.map(decodeTensor);
  const known = inputs.map((tensor, i) => level(tensor, i, inputs.length));
  const nodes: GraphNode[] = inputs.map((value, i): GraphNode => {
    const isGiven = known[i] !== undefined;
    const attrs = new Attrs(
      (name) =>
        name === 'dtype'
          ? {type: 'type', value: value.dtype}
          : name === 'value'
            ? {type: 'tensor', value}
            : undefined,
      `input ${i}`,
    );
    return {name: `x${i}`, op: isGiven ? ARGUMENT_OP : 'Const', inputs: [], controls: [], attrs};
  });
  const attrs = new Attrs(
    (name) => (each.attrs[name] ? decodeAttr(each.attrs[name]) : attrDefault(definition, name)),
    each.op,
  );
  const index =
    nodes.push({
      name: 'node',
      op: each.op,
      inputs: inputs.map((_, node) => ({node, output: 0})),
      controls: [],
      attrs,
    }) - 1;
  const graph: Graph = {label: each.op, nodes, find: () => undefined};
  const given = known.flatMap((what, node) =>
    what === undefined ? [] : [{endpoint: {node, output: 0}, known: what}],
  );
  const library = {get: () => undefined, names: () => [], gradientOf: () => undefined};
  const options = {
    library,
    known: inferGraph(graph, {rules: inferenceOf, library, given}),
    isAssigned: () => false,
  };
  const lowered = lowerGraph(
    graph,
    nodes.map((_, i) => i),
    new ConstantPool(),
    options,
  );
  if (lowered.fragments[index] === undefined) return lowered.reasons[index]!;
  const count = argTensors(definition.outputs, attrs).length;
  const outputs = Array.from({length: count}, (_, output): Endpoint => ({node: index, output}));
  const spec = segmentSpec(each.op, {nodes: [index], outputs}, lowered);
  const values = segmentInputs(spec, lowered).map(({node}) => Value.of(inputs[node]!));
  const refused = new Error('refused');
  const fallback = () => {
    throw segment.failure ?? refused;
  };
  const host = {
    *bytes() {
      yield;
      return 0;
    },
    fallback,
    fallbackAsync: fallback,
  };
  const segment: Segment = new Segment(spec, {runtime, threads: 1}, host);
  return {segment, values};
}

/** What is wrong with a case at a level, or that it does not lower. */
function check(each: OpCase, level: Level): {readonly lowered: boolean; readonly fault?: string} {
  const made = lower(each, level);
  if (typeof made === 'string') return {lowered: false};
  try {
    const outputs = made.segment.run(made.values);
    if (each.error || each.outputs === undefined) return {lowered: true, fault: 'TensorFlow refuses it'};
    outputs.forEach((output, i) => {
      expectOutput(output, i, each);
    });
    return {lowered: true};
  } catch (error) {
    return each.error
      ? {lowered: true}
      : {lowered: true, fault: error instanceof Error ? error.message : String(error)};
  } finally {
    made.segment.dispose();
  }
}

const rules: ReadonlySet<string> = new Set(Object.values(ONNX_COLUMNS).flatMap(Object.keys));

const directory = new URL('.', caseFile('x'));

for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
  const {cases = []} = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as {cases?: OpCase[]};
  // Some cases are of gradients alone.
  const own = cases.filter(
    ({op, inputs, outputs, error}) => rules.has(op) && Array.isArray(inputs) && (outputs || error),
  );
  const ops = [...new Set(own.map(({op}) => op))];
  if (ops.length === 0) continue;
  describe(`${basename(file, '.json')} ops as sessions`, () => {
    for (const op of ops) {
      it(op, () => {
        const faults: string[] = [];
        let lowered = 0;
        for (const [index, each] of own.entries()) {
          // The interpreter has what is empty, and what ONNX Runtime has no dtype for.
          if (
            each.op !== op ||
            each.inputs.some(({dtype, shape}) => sizeOf(shape) === 0 || !hasOnnxType(dtype))
          )
            continue;
          for (const [name, level] of Object.entries(LEVELS)) {
            const {lowered: isLowered, fault} = check(each, level);
            if (isLowered && !each.error) lowered++;
            const call = each.inputs.map(({dtype, shape}) => `${dtype}[${shape}]`).join(', ');
            if (fault !== undefined)
              faults.push(`#${index} ${each.note ?? ''} (${call}) ${name}: ${fault.split('\n')[0]}`);
          }
        }
        expect(faults.slice(0, 20), `${faults.length} faults`).toEqual([]);
        expect(lowered, 'cases that lower').toBeGreaterThan(0);
      });
    }
  });
}
