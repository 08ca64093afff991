/**
 * TF Text ops that normalize Unicode text.
 *
 * @module
 */

import {bytesToEscaped, escapedToBytes} from '../../../algorithms/bytes.js';
import {foldForCaseless} from '../../../algorithms/case_fold.js';
import {decodeUtf8} from '../../../algorithms/code_points.js';
import {encodeUtf8} from '../../../algorithms/utf8.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Maps text and keeps bytes that are no UTF-8. */
function mapText(map: (text: string) => string): Kernel {
  return ([input]) =>
    stringValue(
      input!.shape,
      input!
        .strings()
        .toArray()
        .map((string) => escapedToBytes(map(bytesToEscaped(string)))),
    );
}

/** Maps text in which U+FFFD stands for bytes that are no UTF-8. (A byte order mark is a character like others.) */
function mapRepairedText(map: (text: string) => string): Kernel {
  const textOf = (bytes: Uint8Array) => {
    let text = '';
    decodeUtf8(bytes, (code) => {
      text += String.fromCodePoint(code);
    });
    return text;
  };
  return ([input]) =>
    stringValue(
      input!.shape,
      input!
        .strings()
        .toArray()
        .map((string) => encodeUtf8(map(textOf(string)))),
    );
}

const FORMS: ReadonlySet<string> = new Set(['NFC', 'NFD', 'NFKC', 'NFKD']);

const normalize: Kernel = (inputs, ctx) => {
  const form = ctx.attrs.string('normalization_form').toUpperCase();
  if (!FORMS.has(form)) throw invalid(ctx, `unknown normalization form requested: ${form}`);
  // ICU's composing normalizers copy malformed bytes, its decomposing ones replace them.
  const over = form.endsWith('C') ? mapText : mapRepairedText;
  return over((text) => text.normalize(form))(inputs, ctx);
};

const VERSION = "by the Unicode version of the JavaScript engine, which may be newer than TF Text's";

/** Folding and normal forms. */
export const textNormalization: OpFamily = {
  CaseFoldUTF8: {kernel: mapText(foldForCaseless), limits: VERSION},
  NormalizeUTF8: {kernel: normalize, limits: VERSION},
};
