/**
 * The script of a code point, as ICU numbers scripts.
 *
 * Every JavaScript engine knows the scripts (`\p{Script=Greek}`), so that only the numbers are kept here.
 *
 * @module
 */

import {CodePointTable, NOT_YET, PLACE_BITS} from './code_point_table.js';

/** Names of the scripts that have characters, in the order of ICU's `UScriptCode`; `-` for numbers without. */
const SCRIPTS = `
Common Inherited Arabic Armenian Bengali Bopomofo Cherokee Coptic Cyrillic Deseret Devanagari
Ethiopic Georgian Gothic Greek Gujarati Gurmukhi Han Hangul Hebrew Hiragana Kannada Katakana Khmer
Lao Latin Malayalam Mongolian Myanmar Ogham Old_Italic Oriya Runic Sinhala Syriac Tamil Telugu
Thaana Thai Tibetan Canadian_Aboriginal Yi Tagalog Hanunoo Buhid Tagbanwa Braille Cypriot Limbu
Linear_B Osmanya Shavian Tai_Le Ugaritic - Buginese Glagolitic Kharoshthi Syloti_Nagri New_Tai_Lue
Tifinagh Old_Persian Balinese Batak - Brahmi Cham - - - - Egyptian_Hieroglyphs - - - Pahawh_Hmong
Old_Hungarian - Javanese Kayah_Li - - Lepcha Linear_A Mandaic - Meroitic_Hieroglyphs Nko Old_Turkic
Old_Permic Phags_Pa Phoenician Miao - - - - - - Vai - Cuneiform - - Carian - Tai_Tham Lycian Lydian
Ol_Chiki Rejang Saurashtra SignWriting Sundanese - Meetei_Mayek Imperial_Aramaic Avestan Chakma -
Kaithi Manichaean Inscriptional_Pahlavi Psalter_Pahlavi - Inscriptional_Parthian Samaritan Tai_Viet
- - Bamum Lisu - Old_South_Arabian Bassa_Vah Duployan Elbasan Grantha - - Mende_Kikakui
Meroitic_Cursive Old_North_Arabian Nabataean Palmyrene Khudawadi Warang_Citi - - Mro Nushu Sharada
Sora_Sompeng Takri Tangut - Anatolian_Hieroglyphs Khojki Tirhuta Caucasian_Albanian Mahajani Ahom
Hatran Modi Multani Pau_Cin_Hau Siddham Adlam Bhaiksuki Marchen Newa Osage - - - Masaram_Gondi
Soyombo Zanabazar_Square Dogra Gunjala_Gondi Makasar Medefaidrin Hanifi_Rohingya Sogdian Old_Sogdian
Elymaic Nyiakeng_Puachue_Hmong Nandinagari Wancho Chorasmian Dives_Akuru Khitan_Small_Script Yezidi
`
  .trim()
  .split(/\s+/);

/** `USCRIPT_UNKNOWN`: unassigned, or of a script younger than the table. */
const UNKNOWN = 103;

/** `USCRIPT_INVALID_CODE`. */
const INVALID = -1;

/** What characters of each script match; made at the first use. */
let patterns: readonly {readonly code: number; readonly pattern: RegExp}[] | undefined;

const scripts = new CodePointTable((codePoint) => {
  const character = String.fromCodePoint(codePoint);
  patterns ??= SCRIPTS.flatMap((name, code) =>
    name === '-' ? [] : {code, pattern: new RegExp(`^\\p{Script=${name}}`, 'u')},
  );
  return patterns.find(({pattern}) => pattern.test(character))?.code ?? UNKNOWN;
});

/** The number of the script of a code point; -1 for what is no code point. */
export function scriptOf(codePoint: number): number {
  return codePoint < 0 || codePoint > 0x10ffff ? INVALID : scripts.at(codePoint);
}

/** {@link scriptOf} each of many. */
export function scriptsOf(codePoints: Int32Array, out: Int32Array): void {
  const {places} = scripts;
  // A binding of another module is read each time it is named.
  const [bits, notYet] = [PLACE_BITS, NOT_YET];
  let areKnown = true;
  for (let i = 0; i < codePoints.length; i++) {
    const code = codePoints[i]!;
    const script = code >>> bits === 0 ? places[code]! : notYet;
    if (script === notYet) areKnown = false;
    out[i] = script;
  }
  // Apart, for a loop without calls takes a third of the time.
  if (areKnown) return;
  for (let i = 0; i < codePoints.length; i++) if (out[i] === NOT_YET) out[i] = scriptOf(codePoints[i]!);
}
