/**
 * TF Text's fast normalizer for BERT, whose model is a tensor.
 *
 * Mirrors `tensorflow_text/core/kernels/fast_bert_normalizer_kernel_template.h`.
 *
 * @module
 */

import {Int32List} from '../../../host/int32_list.js';
import {Int64List} from '../../../host/int64_list.js';
import {type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {integers, wideIntegers} from '../../../tensors/integers.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {BertNormalizer} from '../bert_normalizer.js';
import {readOnce} from '../model_tensor.js';

/** Strings, and if that is asked for, where each of their bytes (and their ends) come from. */
const normalize: Kernel = ([input, model], ctx) => {
  const normalizer = readOnce(model!, ctx, (bytes) => new BertNormalizer(bytes));
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const withOrigins = ctx.attrs.bool('get_offsets');
  const origins = withOrigins ? new Int64List(strings.totalBytes + strings.length) : undefined;
  const splits = new Int32List(strings.length + 1);
  splits.push(0);
  if (!withOrigins && isUnchanged(strings, normalizer)) {
    while (splits.length <= strings.length) splits.push(0);
    return [input!, wideIntegers(new Int64List(0)), integers('int64', splits)];
  }
  const out = new StringsBuilder(strings.length, strings.totalBytes);
  for (let i = 0; i < strings.length; i++) {
    normalizer.write(bytes, starts[i]!, ends[i]!, out, origins);
    out.end();
    splits.push(origins?.length ?? 0);
  }
  return [
    stringValue(input!.shape, out.strings()),
    wideIntegers(origins ?? new Int64List(0)),
    integers('int64', splits),
  ];
};

function isUnchanged({bytes, starts, ends}: PackedStrings, normalizer: BertNormalizer): boolean {
  for (let i = 0; i < starts.length; i++) if (!normalizer.leaves(bytes, starts[i]!, ends[i]!)) return false;
  return true;
}

/** The normalizer. */
export const textFastBertNormalization: OpFamily = {
  FastBertNormalize: {kernel: normalize},
};
