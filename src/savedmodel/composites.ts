/**
 * Tensors made of several: what functions with ragged and sparse arguments take and give.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';

/**
 * Rows of different lengths. `values` holds the elements of all rows, one after the other, and `rowSplits` where each row
 * begins, and at last where the last one ends: int32, shape `[rows + 1]`. `values` is itself ragged when rows have rows.
 *
 * Mirrors `tf.RaggedTensor`.
 */
export class RaggedTensor {
  constructor(
    readonly values: tf.Tensor | RaggedTensor,
    readonly rowSplits: tf.Tensor,
  ) {}

  /** Ragged dimensions around `flatValues`. */
  static fromNestedRowSplits(flatValues: tf.Tensor, nestedRowSplits: readonly tf.Tensor[]): RaggedTensor {
    let values: tf.Tensor | RaggedTensor = flatValues;
    for (const splits of [...nestedRowSplits].reverse()) values = new RaggedTensor(values, splits);
    return values as RaggedTensor;
  }

  get raggedRank(): number {
    return 1 + (this.values instanceof RaggedTensor ? this.values.raggedRank : 0);
  }

  /** The elements without any of their rows. */
  get flatValues(): tf.Tensor {
    return this.values instanceof RaggedTensor ? this.values.flatValues : this.values;
  }

  /** Row splits of every ragged dimension, the outermost first. */
  get nestedRowSplits(): tf.Tensor[] {
    return [this.rowSplits, ...(this.values instanceof RaggedTensor ? this.values.nestedRowSplits : [])];
  }

  dispose(): void {
    this.values.dispose();
    this.rowSplits.dispose();
  }
}

/**
 * A tensor of which only some elements are given: `indices` int32 `[n, rank]`, `values` `[n]`, `denseShape` int32 `[rank]`.
 *
 * Mirrors `tf.sparse.SparseTensor`.
 */
export class SparseTensor {
  constructor(
    readonly indices: tf.Tensor,
    readonly values: tf.Tensor,
    readonly denseShape: tf.Tensor,
  ) {}

  dispose(): void {
    for (const part of [this.indices, this.values, this.denseShape]) part.dispose();
  }
}

/** Slices of a tensor's first dimension: `values[i]` belongs to row `indices[i]`. Mirrors `tf.IndexedSlices`. */
export class IndexedSlices {
  constructor(
    readonly values: tf.Tensor,
    readonly indices: tf.Tensor,
    readonly denseShape?: tf.Tensor,
  ) {}

  dispose(): void {
    for (const part of [this.values, this.indices, this.denseShape]) part?.dispose();
  }
}
