/**
 * TF Text ops that shorten the segments of an example until they fit together.
 *
 * Mirrors `tensorflow_text/core/kernels/round_robin_trimmer.h`.
 *
 * @module
 */

import {allocate, type HostData} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** How many elements of each segment fit into `room`: as even a share as their lengths allow. */
function shares(lengths: readonly number[], room: number): number[] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[a]! - lengths[b]!);
  const used = lengths.map(() => 0);
  let left = room;
  let full = 0;
  for (const i of order) {
    if (lengths[i]! * (lengths.length - full) > left) break;
    used[i] = lengths[i]!;
    left -= used[i]!;
    full++;
  }
  const open = order.slice(full);
  const share = Math.floor(left / Math.max(1, open.length));
  for (const i of open) used[i] = share;
  left -= share * open.length;
  return used.map((count, i) => {
    if (left <= 0 || count >= lengths[i]!) return count;
    left--;
    return count + 1;
  });
}

interface Segments {
  readonly values: readonly Value[];
  readonly splits: readonly number[][];
  /** For each example, how many elements of each segment stay. */
  readonly used: readonly number[][];
}

function trim([maxLength, ...lists]: readonly Value[], ctx: KernelContext): Segments {
  const count = ctx.attrs.int('N');
  const values = lists.slice(0, count);
  const splits = lists.slice(count).map((each) => each.numbers());
  const rows = (splits[0]?.length ?? 1) - 1;
  if (splits.some((each) => each.length !== rows + 1)) {
    throw invalid(ctx, 'all segments must have the same number of rows');
  }
  const room = Math.max(0, maxLength!.number());
  const used = Array.from({length: rows}, (_, row) =>
    shares(
      splits.map((each) => each[row + 1]! - each[row]!),
      room,
    ),
  );
  return {values, splits, used};
}

const roundRobinTrim: Kernel = (inputs, ctx) => {
  const {values, splits, used} = trim(inputs, ctx);
  const splitType = ctx.attrs.dtype('Tsplits');
  const trimmed = values.map((value, segment) => {
    const kept = used.flatMap((counts, row) =>
      Array.from({length: counts[segment]!}, (_, i) => splits[segment]![row]! + i),
    );
    return Value.host(value.dtype, [kept.length], pick(value, kept));
  });
  const bounds = values.map((_, segment) => {
    const ends = [0];
    for (const counts of used) ends.push(ends.at(-1)! + counts[segment]!);
    return Value.vector(splitType, ends);
  });
  return [...trimmed, ...bounds];
};

function pick(value: Value, indices: readonly number[]): HostData {
  if (value.dtype === 'string') return value.strings().take(Int32Array.from(indices));
  const source = value.numeric();
  const out = allocate(value.dtype, indices.length);
  indices.forEach((from, to) => {
    out[to] = source[from] as never;
  });
  return out;
}

const roundRobinMasks: Kernel = (inputs, ctx) => {
  const {values, splits, used} = trim(inputs, ctx);
  return values.map((value, segment) => {
    const mask = new Uint8Array(value.size);
    used.forEach((counts, row) => {
      const start = splits[segment]![row]!;
      mask.fill(1, start, start + counts[segment]!);
    });
    return Value.host('bool', [mask.length], mask);
  });
};

/** Trimmers. */
export const textTrimming: OpFamily = {
  'TFText>RoundRobinTrim': {kernel: roundRobinTrim},
  'TFText>RoundRobinGenerateMasks': {kernel: roundRobinMasks},
};
