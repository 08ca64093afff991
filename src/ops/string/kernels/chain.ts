/**
 * Letters of one case, and the bytes of a pattern replaced in them: what texts are standardized by, in one pass over their bytes.
 *
 * @module
 */

import {Regex, RegexError} from '../../../algorithms/regex/regex.js';
import {ByteReplacement, Rewrite} from '../../../algorithms/regex/replace.js';
import type {OpNode} from '../../../graph/graph.js';
import {stringValue} from '../../../tensors/strings.js';
import type {ChainRule} from '../../chain.js';
import {FIRST_LETTERS, withOtherCase} from './edit.js';
import {replaceBytes} from './regex.js';

/** `StringLower` or `StringUpper` of ASCII, and `StaticRegexReplace` of all matches. */
export const STANDARDIZATION_CHAIN: ChainRule = {
  begins: ({op, attrs}) => Object.hasOwn(FIRST_LETTERS, op) && attrs.string('encoding') === '',
  joins: (chain, {node}) =>
    chain.length === 1 && node.op === 'StaticRegexReplace' && node.attrs.bool('replace_global'),
  isWhole: (chain) => chain.length === 2,
  kernel([letters, replace]) {
    let replacement: ByteReplacement | null | undefined;
    return ([inputs]) => {
      replacement ??= replacementOf(replace!, letters!) ?? null;
      if (replacement === null) return undefined;
      const [input] = inputs!;
      return stringValue(input!.shape, replaceBytes(input!.strings(), replacement));
    };
  },
};

/** Undefined where it is not byte by byte, or not at all. */
function replacementOf({attrs}: OpNode, letters: OpNode): ByteReplacement | undefined {
  try {
    const regex = new Regex(attrs.bytes('pattern'));
    return ByteReplacement.of(
      regex,
      new Rewrite(attrs.bytes('rewrite')),
      withOtherCase(FIRST_LETTERS[letters.op]!),
    );
  } catch (error) {
    // The node says so itself.
    if (error instanceof RegexError) return undefined;
    throw error;
  }
}
