/**
 * What a session computes, as a graph of its own: how the interpreter computes the same, and what it takes.
 *
 * @module
 */

import {
  ARGUMENT_OP,
  type Endpoint,
  endpointKey,
  type FunctionLibrary,
  type Graph,
  type GraphNode,
} from '../graph/graph.js';
import {inferGraphInPieces} from '../graph/infer.js';
import type {Known} from '../graph/known.js';
import {argTensors} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import {type DType, dtypeInfo} from '../host/dtypes.js';
import type {Pieces} from '../host/pieces.js';
import {partialSizeOf} from '../host/shape.js';
import {factsOf} from '../ops/facts.js';
import {inferenceOf} from '../ops/infer.js';
import type {RunRequest} from '../runtime/run.js';
import type {Value} from '../tensors/value.js';

/** Nodes of a graph with all that they need from outside it as parameters. */
export interface Part {
  readonly graph: Graph;
  readonly request: RunRequest;
  /** The endpoints of the whole graph that are given, in the order of the parameters. */
  readonly inputs: readonly Endpoint[];
}

/**
 * Cuts nodes out of a graph.
 *
 * @param isInside - of nodes that these read, whether they are computed inside the part, too
 */
export function partOf(
  graph: Graph,
  outputs: readonly Endpoint[],
  isInside: (index: number) => boolean,
): Part {
  const inputs = new Map<string, Endpoint>();
  const inner: number[] = [];
  const seen = new Set<number>();
  const visit = (index: number): void => {
    const stack: [node: number, next: number][] = [[index, 0]];
    seen.add(index);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const input = graph.nodes[top[0]]!.inputs[top[1]++];
      if (input === undefined) {
        inner.push(top[0]);
        stack.pop();
      } else if (!isInside(input.node)) {
        inputs.set(endpointKey(input), input);
      } else if (!seen.has(input.node)) {
        seen.add(input.node);
        stack.push([input.node, 0]);
      }
    }
  };
  for (const {node} of outputs) if (!seen.has(node)) visit(node);
  const given = [...inputs.values()];
  const parameters = new Map(given.map((input, node) => [endpointKey(input), {node, output: 0}]));
  const places = new Map(inner.map((index, i) => [index, given.length + i]));
  const moved = (endpoint: Endpoint): Endpoint =>
    parameters.get(endpointKey(endpoint)) ?? {node: places.get(endpoint.node)!, output: endpoint.output};
  const nodes: GraphNode[] = [
    ...given.map(({node}): GraphNode => ({...graph.nodes[node]!, op: ARGUMENT_OP, inputs: [], controls: []})),
    ...inner.map((index): GraphNode => {
      const node = graph.nodes[index]!;
      const origin = node.origin ?? {node, label: graph.label};
      return {...node, inputs: node.inputs.map(moved), controls: [], origin};
    }),
  ];
  return {
    graph: {label: graph.label, nodes, find: () => undefined},
    request: {feeds: [...parameters.values()], fetches: outputs.map(moved), targets: []},
    inputs: given,
  };
}

/** Ops whose outputs may be of any size that some element says. Outputs of others are not larger than what they are given. */
const GROWERS: ReadonlySet<string> = new Set([
  'BatchMatMul',
  'BatchMatMulV2',
  'BatchMatMulV3',
  'Bincount',
  'BroadcastTo',
  'Conv2DBackpropInput',
  'Conv3DBackpropInputV2',
  'DenseBincount',
  'DynamicStitch',
  'Einsum',
  'Fill',
  'LinSpace',
  'MatMul',
  'MatrixDiag',
  'MatrixDiagV2',
  'MatrixDiagV3',
  'MirrorPad',
  'OneHot',
  'Pad',
  'PadV2',
  'Range',
  'ResizeArea',
  'ResizeBicubic',
  'ResizeBilinear',
  'ResizeNearestNeighbor',
  'ScatterNd',
  'SegmentMax',
  'SegmentMean',
  'SegmentMin',
  'SegmentProd',
  'SegmentSum',
  'SpaceToBatchND',
  'Tile',
  'UnsortedSegmentMax',
  'UnsortedSegmentMin',
  'UnsortedSegmentProd',
  'UnsortedSegmentSum',
]);

const LOOPS: ReadonlySet<string> = new Set(['While', 'StatelessWhile']);

/** Of inputs of at most so many integers the elements are looked at: sizes may be computed from them. */
const MOST_ELEMENTS = 16;

/** The memory that a part needs for inputs of given shapes. */
export class Footprint {
  readonly #part: Part;
  readonly #hasLoops: boolean;
  readonly #known: readonly Known[];
  readonly #library: FunctionLibrary;
  readonly #bytes = new Map<string, number | undefined>();
  /** By node, those that nobody reads after it. */
  readonly #last: readonly (readonly number[])[];
  /** By input, whether sizes may be computed from its elements. */
  readonly #saysSizes: readonly boolean[];

  /**
   * @param known - what is known of the part's inputs whatever they are
   * @param hasLoops - whether loops run as such: what they carry on may grow from turn to turn
   */
  constructor(part: Part, known: readonly Known[], library: FunctionLibrary, hasLoops = false) {
    this.#hasLoops = hasLoops;
    this.#part = part;
    this.#known = known;
    this.#library = library;
    this.#last = lastReaders(part);
    const sources = sizeSources(part.graph);
    this.#saysSizes = part.request.feeds.map(({node}, i) => sources.has(node) && isWhole(known[i]!.dtype));
  }

  /** The bytes that are held at one time, inputs aside; undefined where a size follows from data. */
  *bytes(inputs: readonly Value[]): Pieces<number | undefined> {
    const key = inputs.map((input, i) => keyOfInput(input, this.#saysSizes[i]!)).join(';');
    if (this.#bytes.has(key)) return this.#bytes.get(key);
    const bytes = yield* this.#estimate(inputs);
    // Shapes come and go; what was found for them is not kept without end.
    if (this.#bytes.size >= MOST_SHAPES) this.#bytes.clear();
    this.#bytes.set(key, bytes);
    return bytes;
  }

  *#estimate(inputs: readonly Value[]): Pieces<number | undefined> {
    const {graph, request} = this.#part;
    const given = request.feeds.map((endpoint, i) => ({
      endpoint,
      known: knownOf(inputs[i]!, this.#known[i]!, this.#saysSizes[i]!),
    }));
    const known = yield* inferGraphInPieces(graph, {rules: inferenceOf, library: this.#library, given});
    const sizes: number[][] = [];
    const bytes: number[] = [];
    let held = 0;
    let most = 0;
    for (const [index, node] of graph.nodes.entries()) {
      const read = node.inputs.map((input) => sizes[input.node]?.[input.output] ?? 0);
      const largest = Math.max(0, ...read);
      const outputs = outputsOf(node).map((_, output) => known.of({node: index, output}));
      const own = outputs.map((output) => {
        const size = output && partialSizeOf(output.shape);
        if (typeof size === 'number') return size;
        if (this.#hasLoops && LOOPS.has(node.op)) return undefined;
        if (!GROWERS.has(node.op)) return largest;
        return productSize(node, node.inputs[1] && known.of(node.inputs[1]), read[0]);
      });
      if (own.includes(undefined)) return undefined;
      sizes[index] = own as number[];
      // Inputs are not the session's.
      bytes[index] = node.op === ARGUMENT_OP ? 0 : bytesOf(own as number[], outputs);
      held += bytes[index];
      most = Math.max(most, held);
      for (const each of this.#last[index] ?? []) held -= bytes[each]!;
    }
    return most;
  }
}

/** The size of a product with a matrix that is known, for rows of which only the elements are counted; undefined for other ops. */
function productSize({op, attrs}: GraphNode, matrix: Known | undefined, elements = 0): number | undefined {
  const shape = matrix?.shape;
  if (shape?.length !== 2 || shape.includes(null)) return undefined;
  const isTransposed =
    op === 'MatMul'
      ? attrs.bool('transpose_b')
      : op.startsWith('BatchMatMul')
        ? attrs.bool('adj_y')
        : undefined;
  if (isTransposed === undefined) return undefined;
  const [rows, columns] = isTransposed ? shape.toReversed() : shape;
  return (elements / Math.max(rows!, 1)) * columns!;
}

/** A place for each output, those of lists spread out. */
function outputsOf({op, attrs}: GraphNode): readonly unknown[] {
  const outputs = op === ARGUMENT_OP ? undefined : opDef(op)?.outputs;
  return outputs === undefined ? [undefined] : argTensors(outputs, attrs);
}

const MOST_SHAPES = 256;

function bytesOf(sizes: readonly number[], outputs: readonly (Known | undefined)[]): number {
  return sizes.reduce(
    (sum, size, i) => sum + size * (dtypeInfo(outputs[i]?.dtype ?? 'float32').bytes || 8),
    0,
  );
}

/** By node, those that nobody reads after it. */
function lastReaders({graph, request}: Part): readonly (readonly number[])[] {
  const last = new Map<number, number>();
  for (const [index, {inputs}] of graph.nodes.entries()) for (const {node} of inputs) last.set(node, index);
  for (const {node} of request.fetches) last.delete(node);
  const by: number[][] = [];
  for (const [node, index] of last) (by[index] ??= []).push(node);
  return by;
}

const isWhole = (dtype: DType): boolean => dtype === 'int32' || dtype === 'int64';

/** The nodes from whose elements sizes are computed. */
function sizeSources(graph: Graph): ReadonlySet<number> {
  const sources = new Set<number>();
  const pending = graph.nodes.flatMap(({op, attrs, inputs}) => {
    const names = factsOf(op).constantInputs ?? [];
    const args = names.length === 0 ? [] : argTensors(opDef(op)?.inputs ?? [], attrs);
    return inputs.flatMap(({node}, i) => (names.includes(args[i]?.arg.name ?? '') ? [node] : []));
  });
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (sources.has(node)) continue;
    sources.add(node);
    const {op, inputs} = graph.nodes[node]!;
    if (!SHAPE_READERS.has(op)) pending.push(...inputs.map((input) => input.node));
  }
  return sources;
}

/** Ops that look at shapes alone. */
const SHAPE_READERS: ReadonlySet<string> = new Set(['Shape', 'ShapeN', 'Size', 'Rank']);

function knownOf(value: Value, known: Known, saysSizes: boolean): Known {
  if (value.dtype === 'resource' || value.dtype === 'variant') return known;
  const {dtype, shape} = value;
  return saysSizes && isSmall(value)
    ? {dtype, shape, value: {dtype, shape, data: value.hostData()}}
    : {dtype, shape};
}

const isSmall = ({rank, size}: Value): boolean => rank <= 1 && size <= MOST_ELEMENTS;

function keyOfInput(value: Value, saysSizes: boolean): string {
  if (value.dtype === 'resource' || value.dtype === 'variant') return '';
  return saysSizes && isSmall(value) ? `${value.shape}=${value.numeric()}` : value.shape.join();
}
