/**
 * Unicode case folding, which JavaScript has no function for.
 *
 * @module
 */

const CHEROKEE = /\p{Script=Cherokee}/u;
const DOTLESS_I = '\u0131';
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Full case folding (`CaseFolding.txt`, statuses C and F). Of the characters of Unicode, all but these fold to the
 * lower case of their upper case: Cherokee folds to upper case, and the dotless i to itself.
 */
export function foldCase(text: string): string {
  let out = '';
  for (const character of text) out += foldCharacter(character);
  return out;
}

function foldCharacter(character: string): string {
  if (character === DOTLESS_I) return character;
  const upper = character.toLowerCase().toUpperCase();
  if (CHEROKEE.test(character)) return upper;
  // One by one, because `toLowerCase` looks at what is around a sigma.
  return Array.from(upper, (each) => each.toLowerCase()).join('');
}

/**
 * `NFKC_Casefold` (Unicode Standard, section 3.13): folded, compatibility forms replaced, ignorables dropped. Characters are mapped one by
 * one, in the order in which they stand: U+0345, a mark that folds to a letter, does not change places with marks around it.
 */
export function foldForCaseless(text: string): string {
  let out = '';
  for (const character of text) out += foldCharacterForCaseless(character);
  return out.normalize('NFC');
}

function foldCharacterForCaseless(character: string): string {
  const once = foldCase(character.normalize('NFD')).normalize('NFKC');
  return foldCase(once).replace(IGNORABLE, '').normalize('NFKC');
}
