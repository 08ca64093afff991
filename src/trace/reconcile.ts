/**
 * Makes one recording of several: the steps that all runs have in common, with what differs between them told apart.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {Attr} from '../graph/attrs.js';
import {opDef} from '../graph/op_defs.js';
import type {HostTensor} from '../host/tensor.js';
import {OPEN_AXES, SHAPE_OPS, SIZING_INPUTS} from './op_sizes.js';
import {distributionOf, type RandomTensor} from './random.js';
import {
  type Entry,
  type EntryKind,
  type ForeignCall,
  isRef,
  located,
  type RecordedOp,
  type Ref,
  type RefTree,
  refsOf,
  type SubRun,
} from './recording.js';
import {
  type Merged,
  type MergedTensor,
  mergeAttr,
  mergeLists,
  mergeNumbers,
  type Size,
  type Sizes,
} from './varying.js';

/** A constant whose shape, or whose numbers, follow the sizes of the samples. */
export type ComputedConstant =
  /** One number everywhere. */
  | {readonly form: 'uniform'; readonly value: Size; readonly shape: Sizes}
  /** Each number for itself. */
  | {readonly form: 'elements'; readonly values: readonly Size[]; readonly shape: readonly number[]}
  /** `start, start + step, ...` along the only dimension. */
  | {readonly form: 'range'; readonly start: number; readonly step: number; readonly length: Size}
  /** Ones on the diagonal of a matrix, zeros elsewhere. */
  | {readonly form: 'identity'; readonly rows: Size; readonly columns: Size};

/** What a step stands for. */
export type StepKind =
  | Extract<EntryKind, {kind: 'parameter' | 'outer' | 'constant' | 'read' | 'assign' | 'op' | 'handle'}>
  | {readonly kind: 'kernel'; readonly kernel: string; readonly attrs: Readonly<Record<string, Merged>>}
  | {readonly kind: 'computed'; readonly constant: ComputedConstant}
  | {readonly kind: 'random'; readonly random: RandomTensor}
  | {readonly kind: 'call'; readonly call: ForeignCall}
  | {readonly kind: 'loop'; readonly cond: Steps; readonly body: Steps}
  | {readonly kind: 'branch'; readonly branches: readonly [whenTrue: Steps, whenFalse: Steps]}
  /** What cannot be written, as long as nothing needs it. */
  | {readonly kind: 'failed'; readonly error: SaveError};

/** One step of all runs. */
export interface Step {
  readonly what: StepKind;
  readonly inputs: RefTree;
  readonly outputs: readonly MergedTensor[];
  readonly scope: readonly string[];
  readonly source: string | undefined;
}

/** The steps of a function, a branch or a loop, and its results. */
export interface Steps {
  readonly steps: readonly Step[];
  readonly results: readonly Ref[];
}

/** Constants of more elements are not examined one by one. */
const EXAMINED = 256;

/** @throws SaveError where the runs did different things */
export function reconcile(runs: readonly SubRun[]): Steps {
  const recordings = runs.map(({recording}) => recording);
  const [first] = runs as [SubRun];
  const length = Math.max(...recordings.map(({entries}) => entries.length));
  const steps: Step[] = [];
  const fromValues = new Set<number>();
  for (let i = 0; i < length; i++) {
    const step = opened(mergeEntries(recordings.map(({entries}) => entries[i])), steps, fromValues);
    if (followsFromValues(step, steps, fromValues)) fromValues.add(i);
    steps.push(step);
  }
  for (const {results} of runs) {
    if (!sameTree(results, first.results)) {
      throw new SaveError('the function gives other results for other sizes of its arguments');
    }
  }
  return {steps, results: first.results};
}

/** Kernels whose results have dimensions that follow from values: output and axis of each. */
const OPEN: Readonly<Record<string, readonly (readonly [output: number, axis: number])[]>> = {
  NonMaxSuppressionV3: [[0, 0]],
  NonMaxSuppressionV5: [
    [0, 0],
    [1, 0],
  ],
  RaggedGather: [[1, 0]],
  RaggedRange: [[1, 0]],
  RaggedTensorToTensor: [
    [0, 0],
    [0, 1],
  ],
  SparseFillEmptyRows: [
    [0, 0],
    [1, 0],
  ],
  SparseSegmentMean: [[0, 0]],
  SparseSegmentSum: [[0, 0]],
  StringNGrams: [[0, 0]],
  StringSplit: [
    [0, 0],
    [1, 0],
  ],
  Unique: [[0, 0]],
};

/** Marks the dimensions of a step that follow from values, or may come from one that does. */
function opened(step: Step, before: readonly Step[], fromValues: ReadonlySet<number>): Step {
  const {what, outputs} = step;
  const sizes = new Set<string>();
  for (const {entry, output} of refsOf(step.inputs)) {
    const tensor = before[entry]!.outputs[output]!;
    for (const axis of tensor.open ?? []) sizes.add(sizeKey(tensor, axis));
  }
  const isOpen = (output: number, axis: number): boolean => {
    if (what.kind === 'kernel' && OPEN[what.kernel]?.some((each) => each[0] === output && each[1] === axis))
      return true;
    if (what.kind === 'op' && isOpenOf(step, output, axis, fromValues)) return true;
    if (what.kind === 'call') {
      const shape = what.call.shapes[output];
      if (shape === null || shape?.[axis] === null) return true;
    }
    const others = otherShapes(what, output).map((shapes) => shapes.map((shape) => shape[axis]).join());
    const own = sizeKey(outputs[output]!, axis);
    return sizes.has(own) || others.some((each) => each !== own);
  };
  const marked = outputs.map((tensor, output) => {
    const rank = Math.max(...tensor.shapes.map((shape) => shape.length));
    const open = Array.from({length: rank}, (_, axis) => axis).filter((axis) => isOpen(output, axis));
    return open.length === 0 ? tensor : {...tensor, open: new Set(open)};
  });
  return {...step, outputs: marked};
}

/** Whether a dimension of an op follows from values: by the op, or because it is given sizes that do. */
function isOpenOf(
  {what, inputs, outputs}: Step,
  output: number,
  axis: number,
  fromValues: ReadonlySet<number>,
): boolean {
  if (what.kind !== 'op') return false;
  const rank = outputs[output]!.shapes[0]!.length;
  const open = OPEN_AXES.get(what.op.name)?.some(
    (each) =>
      (each[0] === '*' || each[0] === output) && (each[1] === '*' || (each[1] + rank) % rank === axis),
  );
  if (open) return true;
  return (inputs as readonly Ref[]).some(({entry}, i) => {
    const sized = fromValues.has(entry) ? SIZING_INPUTS.get(what.op.names[i]!) : undefined;
    return sized === '*' || sized === axis;
  });
}

/** Whether the values of a step follow from more than the sizes of the function's arguments. */
function followsFromValues(
  {what, inputs}: Step,
  before: readonly Step[],
  fromValues: ReadonlySet<number>,
): boolean {
  const entries = refsOf(inputs);
  switch (what.kind) {
    case 'constant':
    case 'computed':
      return false;
    case 'kernel':
      return entries.some(({entry}) => fromValues.has(entry));
    case 'op':
      return SHAPE_OPS.has(what.op.name)
        ? entries.some(({entry, output}) => (before[entry]!.outputs[output]!.open?.size ?? 0) > 0)
        : entries.some(({entry}) => fromValues.has(entry)) || (opDef(what.op.name)?.stateful ?? false);
    default:
      return true;
  }
}

/** Shapes that a result of a loop or a branch may have at other times, in each run. */
function otherShapes(what: StepKind, i: number): (readonly (readonly number[])[])[] {
  const result = ({steps, results}: Steps) => {
    const {entry, output} = results[i]!;
    return steps[entry]!.outputs[output]!.shapes;
  };
  if (what.kind === 'branch') return what.branches.map(result);
  if (what.kind !== 'loop') return [];
  const taken = what.body.steps.find((step) => step.what.kind === 'parameter' && step.what.index === i);
  return [result(what.body), ...(taken === undefined ? [] : [taken.outputs[0]!.shapes])];
}

const sizeKey = ({shapes}: MergedTensor, axis: number): string => shapes.map((shape) => shape[axis]).join();

function mergeEntries(entries: readonly (Entry | undefined)[]): Step {
  const first = entries.find((each) => each !== undefined)!;
  const odd = entries.find((each) => each === undefined || !alike(first, each));
  if (odd !== undefined || entries.includes(undefined)) {
    throw located(
      odd ?? first,
      `the function does something else for other sizes of its arguments: ${describe(first)} in one run is ` +
        `${describe(odd)} in another. A graph is the same for all sizes: use whileLoop or cond, or make the size known`,
    );
  }
  const all = entries as readonly Entry[];
  return {
    what: mergeKinds(all),
    inputs: first.inputs,
    outputs: first.outputs.map(({dtype}, i) => ({dtype, shapes: all.map(({outputs}) => outputs[i]!.shape)})),
    scope: first.scope,
    source: first.source,
  };
}

function alike(a: Entry, b: Entry): boolean {
  if (a.what.kind !== b.what.kind || !sameTree(a.inputs, b.inputs)) return false;
  if (a.outputs.length !== b.outputs.length) return false;
  if (a.outputs.some(({dtype}, i) => dtype !== b.outputs[i]!.dtype)) return false;
  const identity = ({what}: Entry): unknown => {
    switch (what.kind) {
      case 'kernel':
        return what.kernel;
      case 'read':
      case 'assign':
        return what.variable;
      case 'call':
        return what.call.callee;
      case 'op':
        return what.op.name;
      case 'handle':
        return what.value.hostData()[0];
      case 'random':
        return what.sample.distribution;
      case 'outer':
        return `${what.outer.entry}:${what.outer.output}`;
      default:
        return undefined;
    }
  };
  return identity(a) === identity(b);
}

/** What a user calls the step. */
export function describe(
  entry: (Pick<Entry, 'scope'> & {readonly what: {readonly kind: string}}) | undefined,
): string {
  if (entry === undefined) return 'nothing';
  const {scope, what} = entry;
  const op = scope.length > 0 ? `tf.${scope.join(' > ')}` : undefined;
  const kernel = (what as {kernel?: string}).kernel;
  if (what.kind === 'op') return `rawOps.${(what as unknown as {op: RecordedOp}).op.name}`;
  return op ?? (kernel === undefined ? `a ${what.kind}` : `kernel ${kernel}`);
}

function sameTree(a: RefTree, b: RefTree): boolean {
  if (a === null || b === null) return a === b;
  if (isRef(a) || isRef(b)) return isRef(a) && isRef(b) && a.entry === b.entry && a.output === b.output;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const at = (tree: RefTree, key: string) => (tree as Record<string, RefTree>)[key] ?? null;
  return keys.every((key) => sameTree(at(a, key), at(b, key)));
}

type Of<K extends EntryKind['kind']> = Extract<EntryKind, {kind: K}>;

function mergeKinds(entries: readonly Entry[]): StepKind {
  try {
    return mergedKind(entries);
  } catch (error) {
    if (!(error instanceof SaveError)) throw error;
    return {kind: 'failed', error};
  }
}

function mergedKind(entries: readonly Entry[]): StepKind {
  const {what: first, outputs} = entries[0]!;
  const kinds = entries.map(({what}) => what);
  switch (first.kind) {
    case 'kernel': {
      const all = kinds as readonly Of<'kernel'>[];
      const names = new Set(all.flatMap(({attrs}) => Object.keys(attrs)));
      const attrs = [...names].map(
        (name) =>
          [
            name,
            mergeAttr(
              all.map((each) => each.attrs[name]),
              name,
            ),
          ] as const,
      );
      return {kind: 'kernel', kernel: first.kernel, attrs: Object.fromEntries(attrs)};
    }
    case 'op':
      checkAttrs((kinds as readonly Of<'op'>[]).map(({op}) => op));
      return first;
    case 'constant':
      return mergeConstants((kinds as readonly Of<'constant'>[]).map(({value}) => value));
    case 'random': {
      const samples = (kinds as readonly Of<'random'>[]).map(({sample}) => sample);
      return {kind: 'random', random: distributionOf(samples, outputs[0]!.dtype as tf.DataType)};
    }
    case 'loop': {
      const all = kinds as readonly Of<'loop'>[];
      return {
        kind: 'loop',
        cond: reconcile(all.map(({cond}) => cond)),
        body: reconcile(all.map(({body}) => body)),
      };
    }
    case 'branch': {
      const all = kinds as readonly Of<'branch'>[];
      const [whenTrue, whenFalse] = [0, 1].map((i) => reconcile(all.map(({branches}) => branches[i]!)));
      return {kind: 'branch', branches: [whenTrue!, whenFalse!]};
    }
    default:
      return first;
  }
}

/** @throws SaveError where an op has other attributes in each run */
function checkAttrs(ops: readonly RecordedOp[]): void {
  const [{attrs}] = ops as [RecordedOp];
  const text = (attr: Attr | undefined) =>
    JSON.stringify(attr, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  for (const [name, attr] of attrs) {
    if (ops.every((each) => text(each.attrs.get(name)) === text(attr))) continue;
    throw new SaveError(
      `the attribute '${name}' follows the sizes of the arguments; attributes of ops are known when a graph is made`,
    );
  }
}

function mergeConstants(values: readonly HostTensor[]): StepKind {
  const [first] = values as [HostTensor];
  if (values.every((value) => sameTensor(value, first))) return {kind: 'constant', value: first};
  const constant = first.dtype === 'string' || first.dtype === 'complex64' ? undefined : computed(values);
  if (constant !== undefined) return {kind: 'computed', constant};
  throw new SaveError(
    `a tensor made from JavaScript values has other values in each run, shape [${first.shape}] in one; ` +
      'what depends on chance, on time or on sizes has to be computed with tfjs operations',
  );
}

function sameTensor(a: HostTensor, b: HostTensor): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  if (a.data === b.data) return true;
  for (let i = 0; i < a.data.length; i++) if (!sameElement(a.data[i], b.data[i])) return false;
  return true;
}

function sameElement(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array)
    return a.length === b.length && a.every((x, i) => x === b[i]);
  return Object.is(a, b);
}

function computed(tensors: readonly HostTensor[]): ComputedConstant | undefined {
  const data = tensors.map((tensor) => tensor.data as ArrayLike<number>);
  const shapes = tensors.map(({shape}) => shape);
  const [shape] = shapes as [readonly number[]];
  const filled = data.map((each) => uniformValue(each));
  if (filled.every((value) => value !== undefined)) {
    // An empty tensor holds no number that could differ.
    const known = filled.find((value) => value !== 'any');
    const values = filled.map((value) => (value === 'any' ? known : value));
    return {
      form: 'uniform',
      value: known === undefined ? 0 : mergeNumbers(values as number[]),
      shape: mergeLists(shapes),
    };
  }
  if (shapes.every((each) => each.join() === shape.join())) {
    if (data[0]!.length > EXAMINED) return undefined;
    const values = Array.from(data[0]!, (_, i) => mergeNumbers(data.map((each) => each[i]!)));
    return {form: 'elements', values, shape};
  }
  if (shapes.every((each) => each.length === 1)) return rangeOf(data);
  if (shapes.every((each) => each.length === 2) && tensors.every(isIdentity)) {
    const [rows, columns] = [0, 1].map((axis) => mergeNumbers(shapes.map((each) => each[axis]!)));
    return {form: 'identity', rows: rows!, columns: columns!};
  }
  return undefined;
}

/** The number that all elements are; undefined where they differ, and `any` where there is none. */
function uniformValue(data: ArrayLike<number>): number | 'any' | undefined {
  if (data.length === 0) return 'any';
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], data[0])) return undefined;
  return data[0];
}

function rangeOf(data: readonly ArrayLike<number>[]): ComputedConstant | undefined {
  const longest = data.reduce((a, b) => (b.length > a.length ? b : a));
  if (longest.length < 2) return undefined;
  const start = longest[0]!;
  const step = longest[1]! - start;
  const follows = data.every((each) => Array.from(each).every((value, i) => value === start + i * step));
  if (!follows) return undefined;
  return {form: 'range', start, step, length: mergeNumbers(data.map((each) => each.length))};
}

function isIdentity({shape, data}: HostTensor): boolean {
  const columns = shape[1]!;
  return Array.from(data as ArrayLike<number>).every(
    (value, i) => value === (Math.floor(i / columns) === i % columns ? 1 : 0),
  );
}
