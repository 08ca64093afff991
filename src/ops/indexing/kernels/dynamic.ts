/**
 * DynamicPartition and DynamicStitch: rows dealt out by number, and put together again.
 *
 * @module
 */

import {sizeOf} from '../../../host/tensor.js';
import {concat} from '../../../tensors/movement.js';
import {lastWriters, takeRows} from '../../../tensors/rows.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {rowIndices} from '../addressed.js';
import {numberedRest, stitchRest} from '../plan.js';

const dynamicPartition: Kernel = ([data, partitions], ctx) => {
  const count = ctx.attrs.int('num_partitions');
  const rest = numberedRest(data!.shape, partitions!.shape, 'partitions', ctx);
  const rows = Array.from({length: count}, () => [] as number[]);
  rowIndices(partitions!, count, ctx).forEach((partition, row) => {
    rows[partition]!.push(row);
  });
  return rows.map((members) =>
    takeRows(data!, sizeOf(rest), Int32Array.from(members), [members.length, ...rest]),
  );
};

/** Rows of several values put where their indices say; a later value replaces an earlier one. */
const dynamicStitch: Kernel = (inputs, ctx) => {
  const half = inputs.length / 2;
  const [indices, data] = [inputs.slice(0, half), inputs.slice(half)];
  const [indexShapes, dataShapes] = [indices, data].map((values) => values.map(({shape}) => shape));
  const rest = stitchRest(indexShapes!, dataShapes!, ctx);
  const targets = Int32Array.from(indices.flatMap((each) => [...rowIndices(each, 2 ** 31, ctx)]));
  const count = targets.reduce((most, target) => Math.max(most, target + 1), 0);
  const rows = data.map((each, i) => each.reshape([indices[i]!.size, ...rest]));
  return takeRows(concat(rows, 0), sizeOf(rest), lastWriters(targets, count), [count, ...rest]);
};

const limits = 'Rows that no index names are zeros, where TensorFlow leaves what was in memory.';

/** Ops that deal out rows and put them together. */
export const dynamicOps: OpFamily = {
  DynamicPartition: {kernel: dynamicPartition},
  DynamicStitch: {kernel: dynamicStitch, limits},
  ParallelDynamicStitch: {kernel: dynamicStitch, limits},
};
