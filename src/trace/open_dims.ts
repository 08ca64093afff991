/**
 * Dimensions that follow from values: how many boxes are chosen, how many elements are unique. The sizes that they had in the
 * runs say nothing of what they can be.
 *
 * @module
 */

import {isStateful} from '../graph/effects.js';
import {OPEN_AXES, SHAPE_OPS, SIZING_INPUTS} from './op_sizes.js';
import {type Ref, refsOf} from './recording.js';
import type {Step, StepKind, Steps} from './steps.js';
import type {MergedTensor} from './varying.js';

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
export function opened(step: Step, before: readonly Step[], fromValues: ReadonlySet<number>): Step {
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
export function followsFromValues(
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
        : entries.some(({entry}) => fromValues.has(entry)) || isStateful(what.op.name);
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
