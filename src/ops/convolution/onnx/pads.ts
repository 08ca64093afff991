/**
 * Padding of sliding windows as ONNX says it.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxAttrs} from '../../../onnx/graph.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import type {Window} from '../plan.js';

/** A window of which not all may be known. */
export type OpenWindow = Window<number | null>;

/** How much is added before and after an axis; undefined where that depends on what is not known. */
export function padsOf({before, after, size, stride, dilation}: OpenWindow): [number, number] | undefined {
  if (before !== null && after !== null) return [before, after];
  // Windows of one element need none; those that stand at every element need the same, however many there are.
  if (size === null || (stride !== 1 && size !== 1)) return undefined;
  const total = (size - 1) * dilation;
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The attributes that say the padding; undefined where ONNX Runtime has none for what depends on sizes. */
function padAttrs(windows: readonly OpenWindow[]): OnnxAttrs | undefined {
  const pads = windows.map(padsOf);
  if (pads.every((each) => each !== undefined)) {
    return {pads: [...pads.map(([before]) => before), ...pads.map(([, after]) => after)]};
  }
  // Between windows that leave elements out, ONNX Runtime would need less than no padding.
  const isLeftToOnnx = ({size, stride, dilation}: OpenWindow) => dilation === 1 && size! >= stride!;
  return windows.every((each) => padsOf(each) !== undefined || isLeftToOnnx(each))
    ? {auto_pad: 'SAME_UPPER'}
    : undefined;
}

/**
 * `x`, channels first, and the attributes of an op that slides over it: where the op could not pad itself, that is done before.
 *
 * @param value - what is padded with; a refusal where the op does not take its padding for elements
 */
export function slidOver(
  x: OnnxTensor,
  windows: readonly OpenWindow[],
  value: () => number,
  to: OnnxBuilder,
): {readonly x: OnnxTensor; readonly attrs: OnnxAttrs} {
  const attrs = padAttrs(windows);
  if (attrs !== undefined) return {x, attrs};
  return {x: padded(x, windows, 2, to.scalar(x.dtype, value()), to), attrs: {auto_pad: 'VALID'}};
}

/** `x`, whose axes from `axis` on are those of the windows, with as much of `value` around as `SAME` windows need. */
export function padded(
  x: OnnxTensor,
  windows: readonly OpenWindow[],
  axis: number,
  value: OnnxTensor,
  to: OnnxBuilder,
): OnnxTensor {
  const rest = (x.shape?.length ?? notLowered('a rank is not known')) - axis - windows.length;
  const pads = windows.map((window, i): readonly [OnnxTensor, OnnxTensor] => {
    const known = padsOf(window);
    if (known === undefined) return padsAtRun(window, to.sizeAlong(x, axis + i), to);
    return [to.ints([known[0]]), to.ints([known[1]])];
  });
  if (windows.every((window) => padsOf(window)?.every((pad) => pad === 0))) return x;
  const none = (count: number) => (count === 0 ? [] : [to.ints(new Array<number>(count).fill(0))]);
  const sides = [0, 1].flatMap((side) => [...none(axis), ...pads.map((each) => each[side]!), ...none(rest)]);
  const amounts = to.op('Concat', sides, {axis: 0});
  const shape = x.shape?.map((size, at) => (at < axis || at >= axis + windows.length ? size : null)) ?? null;
  return to.op('Pad', [x, amounts, value], {}, {shape});
}

/** What `SAME` adds to an axis of a size that shows at run time. */
function padsAtRun({size, stride, dilation}: OpenWindow, length: OnnxTensor, to: OnnxBuilder) {
  if (size === null || stride === null) return notLowered("a window's size is not known");
  const total = samePadding(length, to.op('Div', [plus(length, stride - 1, to), to.ints([stride])]), {
    span: (size - 1) * dilation + 1,
    stride,
    to,
  });
  const before = to.op('Div', [total, to.ints([2])]);
  return [before, to.op('Sub', [total, before])] as const;
}

/** How much `SAME` adds in all to `length` elements over which a window has `positions`. */
export function samePadding(
  length: OnnxTensor,
  positions: OnnxTensor,
  {span, stride, to}: {readonly span: number; readonly stride: number; readonly to: OnnxBuilder},
): OnnxTensor {
  const reach = plus(to.op('Mul', [positions, to.ints([stride])]), span - stride, to);
  return to.op('Max', [to.op('Sub', [reach, length]), to.ints([0])]);
}

/** A vector of int64 plus a number. */
export function plus(x: OnnxTensor, amount: number, to: OnnxBuilder): OnnxTensor {
  return amount === 0 ? x : to.op('Add', [x, to.ints([amount])]);
}
