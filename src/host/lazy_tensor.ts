/**
 * Tensors whose elements stay in a file until somebody reads them.
 *
 * @module
 */

import type {DType} from './dtypes.js';
import type {HostTensor} from './tensor.js';

/** Bytes of a file. */
export interface FileRange {
  /** An absolute path at which the file can be opened as long as the tensor is not released. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** A tensor that is read from its file when its elements are asked for. */
export interface LazyTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where its elements are: row-major, little-endian. */
  readonly place: FileRange;
  /** Tells its bytes from all others that are, or were, in files of this machine. Undefined where nobody can know. */
  readonly identity: string | undefined;
  /** @throws FormatError once the bytes are known to be damaged. */
  check(): void;
  /**
   * Reads the elements, compared with their checksum.
   *
   * @throws FormatError where they are damaged.
   */
  read(): HostTensor;
  /** Has one holder more: it has one when it is made. */
  retain(): this;
  /** Has one holder less. After the last one the file may be closed, and neither {@link place} nor {@link read} is used any more. */
  release(): void;
}
