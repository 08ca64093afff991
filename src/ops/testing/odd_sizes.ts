/**
 * Calls of ops with odd sizes, axes, bounds and indices, and what TensorFlow makes of each (`fixtures/ops/odd_sizes.py`).
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import {CallError, UnsupportedOpError} from '../../errors.js';
import type {Endpoint, FunctionLibrary, Graph} from '../../graph/graph.js';
import {readGraph} from '../../graph/read_graph.js';
import type {HostTensor} from '../../host/tensor.js';
import {decodeMessage, GraphDef} from '../../proto/index.js';
import {Runtime} from '../../runtime/runtime.js';
import {Value} from '../../tensors/value.js';
import {differingElement, TOLERANCE} from './closeness.js';
import {decodeTensor, type JsonTensor} from './op_case_json.js';

/** What TensorFlow makes of a call: values (of large ones dtype and shape only), an error, or no answer at all. */
type Answer =
  | {readonly outputs: readonly (JsonTensor | Omit<JsonTensor, 'data'>)[]}
  | {readonly error: string | true}
  | {readonly fate: 'crash' | 'memory' | 'time'};

/** The input that is changed (none: null), what is odd about it, its value, and the answer. */
type OddCall = readonly [input: number | null, what: string, value: JsonTensor | null, answer: Answer];

/** A valid call, as a graph with placeholders `x0`, `x1`, ..., and the odd ones that are made from it. */
export interface OddBase {
  readonly op: string;
  /** A serialised GraphDef. */
  readonly graph: string;
  /** Of each input the name of the argument it is. */
  readonly names: readonly string[];
  readonly inputs: readonly JsonTensor[];
  readonly fetches: readonly string[];
  /** Why only dtypes and shapes are compared: random draws of our own. */
  readonly shapesOnly?: true;
  readonly calls: readonly OddCall[];
}

/** The bases of a file that `odd_sizes.py` wrote. */
export function readOddSizes(file: string | URL): readonly OddBase[] {
  return (JSON.parse(gunzipSync(readFileSync(file)).toString()) as {bases: OddBase[]}).bases;
}

/** The graph of a base: placeholders, and the op. */
export function oddGraph(base: OddBase): Graph {
  return readGraph(decodeMessage(GraphDef, Buffer.from(base.graph, 'base64'), 'a graph'));
}

/** The output that a base names as `node` or `node:number`. */
export function oddEndpoint(graph: Graph, text: string): Endpoint {
  const [name, output] = text.split(':');
  return {node: graph.find(name!)!, output: Number(output ?? 0)};
}

/** The calls of a base: all inputs, what is odd, and the answer. */
export function oddCalls(
  base: OddBase,
): readonly {readonly given: readonly HostTensor[]; readonly title: string; readonly answer: Answer}[] {
  const inputs = base.inputs.map(decodeTensor);
  return base.calls.map(([at, what, value, answer]) => ({
    given: at === null ? inputs : inputs.with(at, decodeTensor(value!)),
    title: `${base.op}: ${base.names[at ?? -1] ?? ''} (${at}) ${what}: `,
    answer,
  }));
}

/** What came of the odd calls of a base. */
export interface OddOutcome {
  /** A line for each call that is not answered as TensorFlow does, or by an error in words. */
  readonly faults: string[];
  /** Calls to which TensorFlow gives a value, such as those with an index out of bounds that it passes over, and we an error. */
  readonly refused: string[];
}

/** What a call may hold: what takes more than TensorFlow had for it ends as an error, before it is made. */
const LIMITS = {bytes: 2 ** 28};

/** Makes every odd call of a base. */
export function makeOddCalls(base: OddBase): OddOutcome {
  const graph = oddGraph(base);
  const outcome: OddOutcome = {faults: [], refused: []};
  for (const {given, title, answer} of oddCalls(base)) {
    try {
      const fault = faultOf(base, run(base, graph, given), answer);
      if (fault !== undefined) outcome.faults.push(title + fault);
    } catch (error) {
      const fault = faultOfError(error);
      if (fault !== undefined) outcome.faults.push(title + fault);
      else if ('outputs' in answer) outcome.refused.push(title + (error as Error).message);
    }
  }
  return outcome;
}

function faultOf(base: OddBase, found: readonly HostTensor[], answer: Answer): string | undefined {
  if ('error' in answer) return `${found.map(shortly)} where TensorFlow says ${answer.error}`;
  for (const {dtype, shape} of found) {
    if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) return `an invalid ${dtype} [${shape}]`;
  }
  if (!('outputs' in answer)) return undefined;
  for (const [i, expected] of answer.outputs.entries()) {
    const fault = difference(found[i], expected, base.shapesOnly ?? false);
    if (fault !== undefined) return `output ${i}: ${fault}`;
  }
  return undefined;
}

/** Undefined for an error in words. */
function faultOfError(error: unknown): string | undefined {
  if (!(error instanceof CallError) && !(error instanceof UnsupportedOpError)) return `throws ${error}`;
  const {message, cause} = error;
  // The interpreter wraps what kernels throw by accident, with no words of its own; that is no answer.
  return cause instanceof Error && message.startsWith(cause.message)
    ? `fails by accident: ${message.split('\n')[0]}`
    : undefined;
}

function shortly({dtype, shape}: Pick<HostTensor, 'dtype' | 'shape'>): string {
  return `${dtype} [${shape}]`;
}

/** How a result differs from TensorFlow's: in the elements only where these are known and no draws of our own. */
function difference(
  found: HostTensor | undefined,
  expected: JsonTensor | Omit<JsonTensor, 'data'>,
  shapesOnly: boolean,
): string | undefined {
  if (found === undefined) return 'missing';
  if (shortly(found) !== shortly(expected)) return `${shortly(found)} instead of ${shortly(expected)}`;
  if (!('data' in expected)) return undefined;
  if (shapesOnly) return notFiniteAlike(found, decodeTensor(expected));
  const tolerance = TOLERANCE[expected.dtype];
  return differingElement(
    found,
    decodeTensor(expected),
    tolerance && {...tolerance, rtol: 10 * tolerance.rtol},
  );
}

/** Draws may differ, but not in where they are NaN or infinite. */
function notFiniteAlike(found: HostTensor, expected: HostTensor): string | undefined {
  const plain = ({data}: HostTensor) =>
    Array.from(data as ArrayLike<unknown>, (x) => (typeof x === 'number' && !Number.isFinite(x) ? x : 0));
  return differingElement(
    {...found, data: plain(found) as never},
    {...expected, data: plain(expected) as never},
  );
}

const EMPTY_LIBRARY: FunctionLibrary = {get: () => undefined, names: () => [], gradientOf: () => undefined};

function run(base: OddBase, graph: Graph, inputs: readonly HostTensor[]): readonly HostTensor[] {
  const endpoint = (text: string) => oddEndpoint(graph, text);
  const runtime = new Runtime({library: EMPTY_LIBRARY, limits: LIMITS});
  try {
    const feeds = inputs.map((_, i) => endpoint(`x${i}`));
    const runnable = runtime.prepare(graph, {feeds, fetches: base.fetches.map(endpoint), targets: []});
    return runtime.invoke(runnable, inputs.map(Value.of), (results) => ({
      result: results.map((result) => ({
        dtype: result.dtype,
        shape: result.shape,
        data: result.hostData(),
      })),
      tensors: [],
    }));
  } finally {
    runtime.dispose();
  }
}
