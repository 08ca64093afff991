/**
 * TF Text ops that shorten the segments of an example until they fit together.
 *
 * Mirrors `tensorflow_text/core/kernels/round_robin_trimmer.h`.
 *
 * @module
 */

import {Int32List} from '../../../host/int32_list.js';
import {nearestNumbers} from '../../../host/int64.js';
import {takeRows} from '../../../host/movement.js';
import {allocate} from '../../../host/tensor.js';
import {integers} from '../../../tensors/integers.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** The segments of all examples, and how much of them stays. */
interface Segments {
  readonly values: readonly Value[];
  /** For each segment, where it begins and ends in each example. */
  readonly splits: readonly ArrayLike<number>[];
  readonly examples: number;
  /** For one example after the other, how many elements of each segment stay. */
  readonly used: Int32Array;
}

function trim([maxLength, ...lists]: readonly Value[], ctx: KernelContext): Segments {
  const count = ctx.attrs.int('N');
  const values = lists.slice(0, count);
  const splits = lists.slice(count).map((each) => nearestNumbers(each.numeric()));
  const examples = (splits[0]?.length ?? 1) - 1;
  if (splits.some((each) => each.length !== examples + 1)) {
    throw invalid(ctx, 'all segments must have the same number of rows');
  }
  for (const [segment, bounds] of splits.entries()) checkSplits(bounds, values[segment]!.size, segment, ctx);
  const room = Math.max(0, maxLength!.number());
  const used = allocate('int32', examples * count) as Int32Array;
  const lengths = new Int32Array(count);
  const order = new Int32Array(count);
  for (let example = 0; example < examples; example++) {
    for (let segment = 0; segment < count; segment++) {
      lengths[segment] = splits[segment]![example + 1]! - splits[segment]![example]!;
    }
    share(lengths, room, order, used, example * count);
  }
  return {values, splits, examples, used};
}

function checkSplits(bounds: ArrayLike<number>, size: number, segment: number, ctx: KernelContext): void {
  let before = 0;
  for (let i = 0; i < bounds.length; i++) {
    const bound = bounds[i]!;
    if (bound < before || bound > size) {
      throw invalid(ctx, `input_row_splits[${segment}]: ${bound} at ${i} is not in [${before}, ${size}]`);
    }
    before = bound;
  }
}

/**
 * How many elements of each segment fit into `room`: as even a share as their lengths allow. Written to `used` from `at` on.
 *
 * @param order - room for as many numbers as there are segments
 */
function share(lengths: Int32Array, room: number, order: Int32Array, used: Int32Array, at: number): void {
  const count = lengths.length;
  sortByLength(lengths, order);
  let left = room;
  let full = 0;
  for (; full < count; full++) {
    const length = lengths[order[full]!]!;
    if (length * (count - full) > left) break;
    used[at + order[full]!] = length;
    left -= length;
  }
  const open = count - full;
  const even = Math.floor(left / Math.max(1, open));
  for (let i = full; i < count; i++) used[at + order[i]!] = even;
  left -= even * open;
  // What is left over goes to the first that are not whole.
  for (let segment = 0; segment < count && left > 0; segment++) {
    if (used[at + segment]! >= lengths[segment]!) continue;
    used[at + segment]!++;
    left--;
  }
}

/** Puts the segments in order of their lengths, those of one length as they are. */
function sortByLength(lengths: Int32Array, order: Int32Array): void {
  for (let segment = 0; segment < order.length; segment++) {
    let place = segment;
    while (place > 0 && lengths[order[place - 1]!]! > lengths[segment]!) {
      order[place] = order[place - 1]!;
      place--;
    }
    order[place] = segment;
  }
}

const roundRobinTrim: Kernel = (inputs, ctx) => {
  const {values, splits, examples, used} = trim(inputs, ctx);
  const count = values.length;
  const splitType = ctx.attrs.dtype('Tsplits');
  const trimmed: Value[] = [];
  const bounds: Value[] = [];
  for (let segment = 0; segment < count; segment++) {
    const kept = new Int32List(values[segment]!.size);
    const ends = new Int32List(examples + 1);
    ends.push(0);
    for (let example = 0; example < examples; example++) {
      const start = splits[segment]![example]! | 0;
      const end = start + used[example * count + segment]!;
      for (let i = start; i < end; i++) kept.push(i);
      ends.push(kept.length);
    }
    trimmed.push(Value.of(takeRows(values[segment]!, 1, kept.int32(), [kept.length])));
    bounds.push(integers(splitType, ends));
  }
  return [...trimmed, ...bounds];
};

const roundRobinMasks: Kernel = (inputs, ctx) => {
  const {values, splits, examples, used} = trim(inputs, ctx);
  return values.map((value, segment) => {
    const mask = allocate('bool', value.size) as Uint8Array;
    for (let example = 0; example < examples; example++) {
      const start = splits[segment]![example]!;
      mask.fill(1, start, start + used[example * values.length + segment]!);
    }
    return Value.host('bool', [mask.length], mask);
  });
};

/** Trimmers. */
export const textTrimming: OpFamily = {
  'TFText>RoundRobinTrim': {kernel: roundRobinTrim},
  'TFText>RoundRobinGenerateMasks': {kernel: roundRobinMasks},
};
