/**
 * Shapes of normalizations.
 *
 * @module
 */

import type {DType} from '../../host/dtypes.js';

/**
 * The shape of what `FusedBatchNormV3` gives for its gradient beside the statistics: a tensor without meaning, as TensorFlow's
 * CPU kernels give.
 */
export function thirdReserveShape(rank: number, dtype: DType): number[] {
  return rank === 4 && dtype !== 'float16' ? [0] : [];
}
