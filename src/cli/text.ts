/**
 * Sizes and tensors as people read them.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import {formatShape, type PartialShape} from '../host/shape.js';

/** `x: float32 (None, 3)` */
export function tensorText({
  name,
  dtype,
  shape,
}: {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
}): string {
  return `${name}: ${dtype} ${formatShape(shape)}`;
}

/** `12 MB` */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`;
}
