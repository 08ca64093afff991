/**
 * Random patterns on random texts, byte for byte as TensorFlow matches, rewrites and cuts them, or refused as it does:
 * `npx tsx scripts/conformance_regex.ts FOLDER PYTHON`. The seed is printed; `TFHUB_REGEX_SEED` makes another run, and
 * `TFHUB_REGEX_COUNT` says of how many patterns.
 *
 * Cutting is TF Text's, which is compared where that Python has it.
 *
 * @module
 */

import {spawnSync} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import '../src/index.js';
import {Regex} from '../src/algorithms/regex/regex.js';
import {CallError} from '../src/errors.js';
import {PackedStrings} from '../src/host/strings.js';
import {rawOps} from '../src/savedmodel/raw/raw_ops.js';
import {ensureBackend} from '../src/tfjs/backend.js';
import {RegexCases} from './regex_cases.js';
import {tell} from './score.js';
import {verdictsOf} from './verdicts.js';

/** The run that everybody makes. */
const SEED = 11;
/** Patterns, each with several texts: 20,000 pairs. */
const COUNT = 3400;
const TEXTS = 6;

const [folder, python] = process.argv.slice(2);
if (!folder || !python) throw new Error('usage: conformance_regex.ts FOLDER PYTHON');
const seed = Number(process.env.TFHUB_REGEX_SEED ?? SEED);
const count = Number(process.env.TFHUB_REGEX_COUNT ?? COUNT);
console.log(`seed ${seed}`);

const hasText = spawnSync(python, ['-c', 'import tensorflow_text'], {stdio: 'ignore'}).status === 0;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const strings = (texts: readonly Uint8Array[]) =>
  ({dtype: 'string', shape: [texts.length], data: PackedStrings.of(texts)}) as const;
const scalar = (text: Uint8Array) => ({dtype: 'string', shape: [], data: PackedStrings.of([text])}) as const;

/** What `run` gives; null where it refuses the pattern. */
function computed<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof CallError) return null;
    throw error;
  }
}

function caseOf(cases: RegexCases): object {
  const [pattern, rewrite, kept] = [cases.pattern(), cases.rewrite(), cases.pattern()];
  const texts = Array.from({length: TEXTS}, () => cases.text());
  const input = strings(texts);
  const replaced = (replaceGlobal: boolean) =>
    computed(() => {
      const arguments_ = {input, pattern: scalar(pattern), rewrite: scalar(rewrite)};
      const {data} = rawOps.exact.RegexReplace(arguments_, {replace_global: replaceGlobal});
      return Array.from(data as PackedStrings, base64);
    });
  const matched = computed(() =>
    Array.from(rawOps.exact.RegexFullMatch({input, pattern: scalar(pattern)}).data as Uint8Array),
  );
  return {
    pattern: base64(pattern),
    rewrite: base64(rewrite),
    texts: texts.map(base64),
    'all replaced': replaced(true),
    'first replaced': replaced(false),
    matched,
    ...(hasText && matched !== null ? {split: splitOf(pattern, kept, texts)} : {}),
  };
}

/** Cutting at a pattern; of texts in which it matches nothing at all, where TensorFlow does not end. */
function splitOf(pattern: Uint8Array, kept: Uint8Array, texts: readonly Uint8Array[]): object {
  const regex = new Regex(pattern);
  const ending = texts.filter((text) => endsAlways(regex, text));
  const delimiter = Uint8Array.from([0x28, ...pattern, 0x29]);
  const results = computed(() => {
    const {tokens, begin_offsets, end_offsets, row_splits} = rawOps.exact.RegexSplitWithOffsets({
      input: strings(ending),
      delim_regex_pattern: scalar(delimiter),
      keep_delim_regex_pattern: scalar(kept),
    });
    const numbers = [begin_offsets, end_offsets, row_splits].map(({data}) =>
      Array.from(data as BigInt64Array, Number),
    );
    return [Array.from(tokens.data as PackedStrings, base64), ...numbers];
  });
  return {kept: base64(kept), texts: ending.map(base64), results};
}

/** False where a search for the next delimiter would find an empty one. */
function endsAlways(regex: Regex, text: Uint8Array): boolean {
  const nul = text.indexOf(0);
  const end = nul < 0 ? text.length : nul;
  for (let at = 0; regex.search(text, at, end, at); at = regex.matchEnd) {
    if (regex.matchEnd === regex.matchStart) return false;
  }
  return true;
}

rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
await ensureBackend();
const cases = new RegexCases(seed);
const file = join(folder, 'cases.json');
writeFileSync(file, JSON.stringify(Array.from({length: count}, () => caseOf(cases))));
const {passed, failures} = await verdictsOf(python, ['fixtures/check_regex.py', file], count);
const notes = hasText ? [] : ['RegexSplitWithOffsets was not compared: that Python has no tensorflow_text'];
tell([{part: 'regular expressions', passed, failed: failures.length, details: [...failures, ...notes]}]);
