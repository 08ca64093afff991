/**
 * TF Text's tokenizer that makes every byte a token.
 *
 * Mirrors `tensorflow_text/core/kernels/byte_splitter.cc`.
 *
 * @module
 */

import {Int32List} from '../../../host/int32_list.js';
import {allocate} from '../../../host/tensor.js';
import {integers} from '../../../tensors/integers.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';

/** The bytes of strings, with offsets. */
const byteSplit: Kernel = ([input]) => {
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const size = strings.totalBytes;
  const out = allocate('uint8', size) as Uint8Array;
  const offsets = allocate('int32', size) as Int32Array;
  const limits = allocate('int32', size) as Int32Array;
  const splits = new Int32List(strings.length + 1);
  splits.push(0);
  let at = 0;
  for (let i = 0; i < strings.length; i++) {
    const start = starts[i]!;
    const length = ends[i]! - start;
    for (let offset = 0; offset < length; offset++, at++) {
      out[at] = bytes[start + offset]!;
      offsets[at] = offset;
      limits[at] = offset + 1;
    }
    splits.push(at);
  }
  return [
    Value.host('uint8', [size], out),
    integers('int64', splits),
    Value.host('int32', [size], offsets),
    Value.host('int32', [size], limits),
  ];
};

/** The tokenizer. */
export const textByteSplit: OpFamily = {
  'TFText>ByteSplitWithOffsets': {kernel: byteSplit},
};
