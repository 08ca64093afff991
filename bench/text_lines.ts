/**
 * What the text benchmark computes: its lines, and what they are read from.
 *
 * @module
 */

import {readFileSync} from 'node:fs';

/** A file of `text_data.py`, and how what is in it is told apart. */
export type TextData = 'sentences' | 'words' | 'examples8' | 'examples40';

/** A model, called with a batch of one size: a line of the table. */
export interface TextLine {
  readonly title: string;
  /** As `text_models.py` calls it; `classifier` is `text` of `inference_models.py`. */
  readonly model: string;
  readonly data: TextData;
  /** Strings of a call: the first ones of the file. */
  readonly count: number;
  /** What of TensorFlow's time it may take. */
  readonly limit: number;
  /** What numbers may differ by, of the largest one: where they are sums, in another order. Else they are the same. */
  readonly tolerance?: number;
}

/** As fast as TensorFlow. */
const AS_FAST = 1;
/** What tokenizers of many steps may take. */
const TOKENIZER = 1.5;

const of = (data: TextData, count: number, limit = AS_FAST) => ({data, count, limit});

const ALL_SENTENCES = of('sentences', 100_000);
const ONE = of('sentences', 1);

export const TEXT_LINES: readonly TextLine[] = [
  {title: 'split', model: 'split', ...ALL_SENTENCES},
  {title: 'lower case, no punctuation', model: 'standardize', ...ALL_SENTENCES},
  {title: 'and split and hashed', model: 'hash', ...ALL_SENTENCES},
  {title: 'and split and looked up', model: 'lookup', ...ALL_SENTENCES},
  {title: 'and split and looked up, batch 1', model: 'lookup', ...ONE},
  {title: 'BertTokenizer', model: 'bert', ...of('sentences', 2_000, TOKENIZER)},
  {title: 'BertTokenizer, batch 1', model: 'bert', ...of('sentences', 1, TOKENIZER)},
  {title: 'FastBertTokenizer', model: 'fast_bert', ...of('sentences', 2_000, TOKENIZER)},
  {title: 'Examples of 8 features', model: 'examples8', ...of('examples8', 20_000)},
  {title: 'Examples of 8 features, batch 1', model: 'examples8', ...of('examples8', 1)},
  {title: 'Examples of 40 features, all kinds', model: 'examples40', ...of('examples40', 5_000)},
  {title: 'Examples of 40 features, sparse', model: 'examples40_sparse', ...of('examples40', 5_000)},
  {title: 'Examples of 40 features, ragged', model: 'examples40_ragged', ...of('examples40', 5_000)},
  {title: 'classifier, batch 256', model: 'classifier', ...of('sentences', 256), tolerance: 1e-3},
  {title: 'classifier, batch 1', model: 'classifier', ...ONE, tolerance: 1e-3},
  {title: 'SentencePiece unigram', model: 'unigram', ...of('sentences', 20_000)},
  {title: 'SentencePiece BPE', model: 'bpe', ...of('sentences', 20_000)},
  {title: 'TextVectorization, int', model: 'vectorize', ...ALL_SENTENCES},
  {
    title: 'TextVectorization, tf-idf of bigrams',
    model: 'tf_idf',
    ...of('sentences', 1_000),
    tolerance: 1e-6,
  },
  {title: 'split and bigrams', model: 'ngrams', ...ALL_SENTENCES},
  {title: 'unicode_decode', model: 'unicode', ...ALL_SENTENCES},
];

/** A batch of so many strings has its memory measured; smaller ones are lost in what a process does anyway. */
export const LARGE_BATCH = 5_000;

/** A part of a file. */
export interface GivenStrings {
  readonly file: string;
  readonly data: TextData;
  readonly count: number;
}

/** The first strings of a file: texts of lines, bytes of records. Each is a string of its own and no part of a larger one. */
export function readStrings({file, data, count}: GivenStrings): string[] | Uint8Array[] {
  const bytes = readFileSync(file);
  return data.startsWith('examples') ? readRecords(bytes, count) : readLines(bytes, count);
}

function readLines(bytes: Buffer, count: number): string[] {
  const lines: string[] = [];
  for (let start = 0; lines.length < count && start < bytes.length; ) {
    const end = bytes.indexOf('\n', start);
    lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return lines;
}

function readRecords(bytes: Buffer, count: number): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; records.length < count && at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    records.push(new Uint8Array(bytes.subarray(at + 4, end)));
    at = end;
  }
  return records;
}
