/**
 * TF Text ops that normalize Unicode text.
 *
 * @module
 */

import {foldForCaseless} from '../../../algorithms/case_fold.js';
import {type TextMapping, TextNormalizer} from '../../../algorithms/text_normalizer.js';
import {StringsBuilder} from '../../../host/strings.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Maps every string. Those of a tensor in which nothing changes stay where they are. */
function normalizeAll(input: Value, normalizer: TextNormalizer): Value {
  const strings = input.strings();
  const {bytes, starts, ends} = strings;
  let first = 0;
  while (first < strings.length && normalizer.leaves(bytes, starts[first]!, ends[first]!)) first++;
  if (first === strings.length) return input;
  const out = new StringsBuilder(strings.length, strings.totalBytes);
  for (let i = 0; i < first; i++) out.add(bytes, starts[i]!, ends[i]!);
  for (let i = first; i < strings.length; i++) {
    normalizer.write(bytes, starts[i]!, ends[i]!, out);
    out.end();
  }
  return stringValue(input.shape, out.strings());
}

const caseFold: Kernel = ([input], ctx) =>
  normalizeAll(
    input!,
    ctx.memo(() => new TextNormalizer({map: foldForCaseless, repairs: false})),
  );

// ICU's composing normalizers copy malformed bytes, its decomposing ones replace them.
const FORMS: ReadonlyMap<string, TextMapping> = new Map(
  Object.entries({
    NFC: {map: (text) => text.normalize('NFC'), repairs: false},
    NFD: {map: (text) => text.normalize('NFD'), repairs: true},
    NFKC: {map: (text) => text.normalize('NFKC'), repairs: false},
    NFKD: {map: (text) => text.normalize('NFKD'), repairs: true},
  } satisfies Record<string, TextMapping>),
);

const normalize: Kernel = ([input], ctx) => {
  const normalizer = ctx.memo(() => {
    const form = ctx.attrs.string('normalization_form').toUpperCase();
    const mapping = FORMS.get(form);
    if (mapping === undefined) throw invalid(ctx, `unknown normalization form requested: ${form}`);
    return new TextNormalizer(mapping);
  });
  return normalizeAll(input!, normalizer);
};

const VERSION = "by the Unicode version of the JavaScript engine, which may be newer than TF Text's";

/** Folding and normal forms. */
export const textNormalization: OpFamily = {
  CaseFoldUTF8: {kernel: caseFold, limits: VERSION},
  NormalizeUTF8: {kernel: normalize, limits: VERSION},
};
