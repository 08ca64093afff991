/**
 * The calls of ops of text in which this library is compared with TensorFlow: each op on rows of columns of `text_corpus.ts`, with attributes of all
 * kinds.
 *
 * @module
 */

/** An input of an op, as both sides read it. */
export type CallInput =
  /** Rows of a column; `width` of its elements make a row of a matrix. */
  | {readonly column: string; readonly width?: number}
  /** Of a column whose rows are lists: all their elements, or where each list begins. */
  | {readonly values: string}
  | {readonly splits: string; readonly dtype: 'int32' | 'int64'}
  /** The same whatever the rows: a string, a vector of them, a boolean, a number or vector of the dtype. */
  | {readonly constant: string | readonly string[] | boolean}
  | {readonly constant: number | readonly number[]; readonly dtype: string}
  /** A string that is the whole of a file that the other side has written. */
  | {readonly file: string}
  /** The bytes of such a file, as a vector. */
  | {readonly model: string}
  /** A table from strings of a column to their places there, each string once; from those to other strings where `to` names a column. */
  | {readonly table: string; readonly to?: string}
  /** A model of SentencePiece in a file that the other side has written. */
  | {readonly sentencepiece: string};

/** An op called on all rows. */
export interface TextCall {
  readonly op: string;
  readonly inputs: Readonly<Record<string, CallInput | readonly CallInput[]>>;
  readonly attrs: Readonly<Record<string, string | number | boolean | readonly (number | string)[]>>;
  /** The first so many rows; all where absent. */
  readonly rows?: number;
  /** Rows that are computed at a time; all where absent. Of what fails, each half is computed by itself, down to one row. */
  readonly chunk?: number;
}

type Attrs = TextCall['attrs'];

const column = (name: string, width?: number): CallInput => ({column: name, ...(width && {width})});
const integer = (value: number | readonly number[]): CallInput => ({constant: value, dtype: 'int32'});
const text = (value: string): CallInput => ({constant: value});
const bool = (value: boolean): CallInput => ({constant: value});

/** An op with the same inputs and one of several choices of attributes each time. */
const each = (
  op: string,
  inputs: TextCall['inputs'],
  attrs: readonly Attrs[] = [{}],
  parts: Pick<TextCall, 'rows' | 'chunk'> = {},
): TextCall[] => attrs.map((each) => ({op, inputs, attrs: each, ...parts}));

/** Where many rows are refused, each is computed by itself. */
const FEWER: Pick<TextCall, 'rows'> = {rows: 2_000};

/** All combinations of choices. */
function product(choices: Readonly<Record<string, readonly Attrs[string][]>>): Attrs[] {
  return Object.entries(choices).reduce<Attrs[]>(
    (all, [name, values]) => all.flatMap((attrs) => values.map((value) => ({...attrs, [name]: value}))),
    [{}],
  );
}

const ENCODINGS = ['', 'utf-8'];
const UNITS = ['BYTE', 'UTF8_CHAR'];
const ON_ERRORS = ['strict', 'replace', 'ignore'];
const ENCODINGS_READ = ['UTF-8', 'UTF-16-BE', 'UTF-32-BE'];
const ENCODINGS_WRITTEN = ENCODINGS_READ;
const SPLITS = ['int64', 'int32'] as const;

const caseAndTrim: readonly TextCall[] = [
  ...['StringLower', 'StringUpper'].flatMap((op) =>
    ['texts', 'all'].flatMap((name) => each(op, {input: column(name)}, product({encoding: ENCODINGS}))),
  ),
  ...each('StringStrip', {input: column('texts')}),
  ...each('StringLength', {input: column('texts')}, product({unit: UNITS})),
];

const substrings: readonly TextCall[] = [
  ...each(
    'Substr',
    {input: column('texts'), pos: column('positions'), len: column('lengths')},
    product({unit: UNITS}),
  ),
  ...each(
    'Substr',
    {input: column('valid'), pos: column('positions64'), len: column('lengths64')},
    product({unit: UNITS}),
  ),
  ...[
    [0, 3],
    [-2, 5],
    [2, 0],
    [1, -1],
  ].flatMap(([pos, len]) =>
    each(
      'Substr',
      {input: column('texts'), pos: integer(pos!), len: integer(len!)},
      product({unit: UNITS}),
      FEWER,
    ),
  ),
];

const splitting: readonly TextCall[] = [
  ...['', ' ', ',; ', 'é'].flatMap((delimiter) =>
    each(
      'StringSplit',
      {input: column('texts'), delimiter: text(delimiter)},
      product({skip_empty: [true, false]}),
    ),
  ),
  ...['', ' ', 'the', '\u00a0'].flatMap((sep) =>
    each('StringSplitV2', {input: column('texts'), sep: text(sep)}, product({maxsplit: [-1, 0, 1, 3]})),
  ),
];

const joining: readonly TextCall[] = [
  ...each('StringJoin', {inputs: [column('texts'), column('others')]}, product({separator: ['', ', ', 'é']})),
  ...each('StringJoin', {inputs: [column('texts'), text('-'), column('few')]}),
  ...each('StringJoin', {inputs: [column('texts')]}, [{separator: '+'}]),
  ...[[0], [1], [-1], [0, 1], [1, 0], []].flatMap((axes) =>
    each(
      'ReduceJoin',
      {inputs: column('texts', 4), reduction_indices: integer(axes)},
      product({keep_dims: [false, true], separator: ['', '|']}),
    ),
  ),
  ...each(
    'UnsortedSegmentJoin',
    {inputs: column('texts'), segment_ids: column('segments'), num_segments: integer(50)},
    product({separator: ['', ' ']}),
  ),
  ...each(
    'StringNGrams',
    {data: {values: 'words'}, data_splits: {splits: 'words', dtype: 'int64'}},
    product({
      separator: ['', ' '],
      ngram_widths: [[1], [2], [1, 3], [6]],
      left_pad: ['', '<'],
      right_pad: ['>>'],
      pad_width: [-1, 0, 1],
      preserve_short_sequences: [false, true],
    }),
  ),
  ...each('StringNGrams', {data: {values: 'words'}, data_splits: {splits: 'words', dtype: 'int32'}}, [
    {
      separator: '_',
      ngram_widths: [2],
      left_pad: '',
      right_pad: '',
      pad_width: 0,
      preserve_short_sequences: false,
    },
  ]),
];

const hashing: readonly TextCall[] = [
  ...each('StringToHashBucketFast', {input: column('texts')}, product({num_buckets: [1, 1000, 2 ** 53 - 1]})),
  ...each(
    'StringToHashBucket',
    {string_tensor: column('texts')},
    product({num_buckets: [1, 1000, 2 ** 53 - 1]}),
  ),
  ...each('StringToHashBucketStrong', {input: column('texts')}, [
    {num_buckets: 1000, key: [1, 2]},
    {num_buckets: 2 ** 53 - 1, key: [2 ** 52 + 1, -7]},
  ]),
  ...['texts', 'float64', 'int32', 'uint8'].flatMap((name) =>
    [1, 2].flatMap((width) => each('Fingerprint', {data: column(name, width), method: text('farmhash64')})),
  ),
];

const NUMBERS = [
  'bool',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
];

const numbers: readonly TextCall[] = [
  ...each('StringToNumber', {string_tensor: column('numbers')}, product({out_type: ['float32', 'float64']}), {
    chunk: 500,
  }),
  ...each('StringToNumber', {string_tensor: column('integers')}, product({out_type: ['int32', 'int64']}), {
    chunk: 500,
  }),
  ...each(
    'StringToNumber',
    {string_tensor: column('numbers')},
    product({out_type: ['int32', 'int64']}),
    FEWER,
  ),
  ...NUMBERS.flatMap((name) =>
    each('AsString', {input: column(name)}, [
      {},
      ...(name === 'bool' ? [] : [{width: 9}, {width: 6, fill: '0'}, {width: 8, fill: '-'}]),
    ]),
  ),
  ...['float32', 'float64'].flatMap((name) =>
    each('AsString', {input: column(name)}, [
      ...product({precision: [0, 3, 17]}),
      {scientific: true},
      {scientific: true, precision: 2, width: 14, fill: '+'},
      {shortest: true},
      {shortest: true, precision: 5},
    ]),
  ),
  ...each('AsString', {input: column('texts')}),
  ...each(
    'StringFormat',
    {inputs: [column('texts'), column('float32'), column('int64')]},
    [
      {template: '{} and {}: {}', placeholder: '{}', summarize: 3},
      {template: '%s%s %s é', placeholder: '%s', summarize: -1},
    ],
    {chunk: 9},
  ),
];

/** Texts in an encoding; the columns are called after all but the usual one. */
const encoded = (encoding: string): CallInput => column(encoding === 'UTF-8' ? 'texts' : encoding);

const unicode: readonly TextCall[] = [
  ...ENCODINGS_READ.flatMap((input_encoding) =>
    ON_ERRORS.flatMap((errors) => {
      const input = {input: encoded(input_encoding)};
      const fewer = errors === 'strict' ? FEWER : {};
      return [
        ...['UnicodeDecode', 'UnicodeDecodeWithOffsets'].flatMap((op) =>
          each(op, input, [{input_encoding, errors}], fewer),
        ),
        ...each(
          'UnicodeTranscode',
          input,
          product({input_encoding: [input_encoding], output_encoding: ENCODINGS_WRITTEN, errors: [errors]}),
          fewer,
        ),
      ];
    }),
  ),
  ...['UnicodeDecode', 'UnicodeDecodeWithOffsets'].flatMap((op) => [
    ...each(op, {input: column('texts')}, [
      {input_encoding: 'UTF-8', replace_control_characters: true, replacement_char: 0x20},
      {input_encoding: 'UTF-8', replacement_char: 0x1f600},
      {input_encoding: 'UTF-8', errors: 'ignore', replace_control_characters: true},
    ]),
    ...each(op, {input: column('all')}, [{input_encoding: 'UTF-8', errors: 'strict'}]),
  ]),
  // With offsets, splits of int32 end TensorFlow 2.15 by a failed check.
  ...each('UnicodeDecode', {input: column('texts')}, [{input_encoding: 'UTF-8', Tsplits: 'int32'}]),
  ...SPLITS.flatMap((dtype) =>
    ON_ERRORS.flatMap((errors) =>
      each(
        'UnicodeEncode',
        {input_values: {values: 'codes'}, input_splits: {splits: 'codes', dtype}},
        product({output_encoding: ENCODINGS_WRITTEN, errors: [errors], replacement_char: [0xfffd, 0x3f]}),
        errors === 'strict' ? FEWER : {},
      ),
    ),
  ),
  ...each('UnicodeTranscode', {input: column('texts')}, [
    {
      input_encoding: 'UTF-8',
      output_encoding: 'UTF-8',
      replace_control_characters: true,
      replacement_char: 0x2e,
    },
    {input_encoding: 'US-ASCII', output_encoding: 'UTF-8'},
    {input_encoding: 'ISO-8859-1', output_encoding: 'UTF-8'},
  ]),
  ...['codePoints', 'int32'].flatMap((name) => each('UnicodeScript', {input: column(name)})),
];

const bytes: readonly TextCall[] = [
  ...each('EncodeBase64', {input: column('texts')}, product({pad: [false, true]})),
  ...each('DecodeBase64', {input: column('base64')}),
  ...['uint8', 'int8', 'int16', 'uint16', 'int32', 'int64', 'float32', 'float64'].flatMap((out_type) => [
    ...each('DecodeRaw', {bytes: column('raw')}, [{out_type}, {out_type, little_endian: false}], {
      ...FEWER,
      chunk: 1,
    }),
    ...[8, 16].flatMap((length) =>
      each(
        'DecodePaddedRaw',
        {input_bytes: column('raw'), fixed_length: integer(length)},
        product({out_type: [out_type], little_endian: [true, false]}),
      ),
    ),
  ]),
  ...each(
    'DecodeCSV',
    {
      records: column('csv'),
      record_defaults: [
        {constant: [1.5], dtype: 'float32'},
        {constant: [], dtype: 'int32'},
        {constant: ['none']},
      ],
    },
    [{}, {na_value: '0'}, {use_quote_delim: false}],
    {chunk: 500},
  ),
  ...each('DecodeCSV', {records: column('csv'), record_defaults: [{constant: ['x']}, {constant: ['y']}]}, [
    {select_cols: [0, 2]},
  ]),
];

const comparing: readonly TextCall[] = [
  ...['Equal', 'NotEqual'].flatMap((op) => [
    ...each(op, {x: column('texts'), y: column('others')}),
    ...each(op, {x: column('few', 2), y: column('few', 2)}),
    ...each(op, {x: column('few'), y: text('')}),
  ]),
  ...each('Unique', {x: column('few')}, product({out_idx: ['int32', 'int64']}), {chunk: 5_000}),
  ...[
    {x: column('few'), axis: integer([0])},
    {x: column('texts'), axis: integer([])},
  ].flatMap((inputs) => ['UniqueV2', 'UniqueWithCountsV2'].flatMap((op) => each(op, inputs))),
  ...each('UniqueWithCounts', {x: column('texts')}),
  ...each('LookupTableFindV2', {
    table_handle: {table: 'few'},
    keys: column('others'),
    default_value: {constant: -1, dtype: 'int64'},
  }),
  ...each('LookupTableFindV2', {
    table_handle: {table: 'texts'},
    keys: column('others', 2),
    default_value: {constant: -7, dtype: 'int64'},
  }),
  ...each('LookupTableFindV2', {
    table_handle: {table: 'texts', to: 'others'},
    keys: column('few'),
    default_value: text('é'),
  }),
];

const PATTERNS = [
  ['[!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\']', ''],
  ['\\s+', ' '],
  ['(\\w+) (\\w*)', '\\2 \\1'],
  ['\\pL+', '<\\0>'],
  ['a*', '-'],
  ['(?i)THE|é', '\\\\'],
  ['\\bun|ing$', ''],
  ['.', 'x'],
] as const;

const patterns: readonly TextCall[] = PATTERNS.flatMap(([pattern, rewrite]) => [
  ...each(
    'StaticRegexReplace',
    {input: column('texts')},
    product({pattern: [pattern], rewrite: [rewrite], replace_global: [true, false]}),
  ),
  ...each('RegexReplace', {input: column('texts'), pattern: text(pattern), rewrite: text(rewrite)}),
  ...each('StaticRegexFullMatch', {input: column('texts')}, [{pattern}]),
  ...each('RegexFullMatch', {input: column('few'), pattern: text(`(${pattern})*`)}),
]);

const wordpiece = {
  suffix_indicator: '##',
  max_bytes_per_word: 100,
  use_unknown_token: true,
  unknown_token: '[UNK]',
};

const segments = {
  nbest_size: integer(0),
  alpha: {constant: 1, dtype: 'float32'},
} as const;

/** Ops of TF Text. */
const tokenizing: readonly TextCall[] = [
  ...['texts', 'all'].flatMap((name) => [
    ...each('CaseFoldUTF8', {input: column(name)}),
    ...each(
      'NormalizeUTF8',
      {input: column(name)},
      product({normalization_form: ['NFC', 'NFD', 'NFKC', 'NFKD']}),
    ),
  ]),
  ...each('TFText>WhitespaceTokenizeWithOffsetsV2', {
    input_values: column('texts'),
    input_config: {file: 'whitespace_config'},
  }),
  ...each('TFText>ByteSplitWithOffsets', {input_values: column('texts')}),
  ...SPLITS.flatMap((dtype) => {
    const codes = {input_values: {values: 'validCodes'}, input_splits: {splits: 'validCodes', dtype}};
    return [
      ...each('WhitespaceTokenizeWithOffsets', codes),
      ...each('UnicodeScriptTokenizeWithOffsets', codes, product({keep_whitespace: [false, true]})),
    ];
  }),
  ...each(
    'WordpieceTokenizeWithOffsets',
    {input_values: column('pieces'), vocab_lookup_table: {table: 'wordpieces'}},
    [
      wordpiece,
      {...wordpiece, use_unknown_token: false},
      {...wordpiece, split_unknown_characters: true},
      {...wordpiece, max_chars_per_token: 3, split_unknown_characters: true},
      {...wordpiece, max_bytes_per_word: 8, output_row_partition_type: 'row_splits'},
      {...wordpiece, suffix_indicator: '', unknown_token: '?'},
    ],
  ),
  ...each(
    'WordpieceTokenizeWithOffsets',
    {input_values: column('texts'), vocab_lookup_table: {table: 'wordpieces'}},
    [wordpiece, {...wordpiece, split_unknown_characters: true, use_unknown_token: false}],
  ),
  ...[
    ['(\\s+)', ''],
    ['(\\s+|[!-/]|\\p{P})', '([!-/]|\\p{P})'],
    ['(\\W)', '(,)'],
  ].flatMap(([delimiter, keep]) =>
    each('RegexSplitWithOffsets', {
      input: column('texts'),
      delim_regex_pattern: text(delimiter!),
      keep_delim_regex_pattern: text(keep!),
    }),
  ),
  ...['unigram', 'bpe'].flatMap((model) =>
    ['texts', 'pieces'].flatMap((name) =>
      ['SentencepieceTokenizeOp', 'SentencepieceTokenizeWithOffsetsOp'].flatMap((op) =>
        [
          [false, false, false],
          [true, true, true],
        ].flatMap(([bos, eos, reverse]) =>
          each(
            op,
            {
              sp_handle: {sentencepiece: model},
              input: column(name),
              ...segments,
              add_bos: bool(bos!),
              add_eos: bool(eos!),
              reverse: bool(reverse!),
            },
            product({out_type: ['int32', 'string']}),
          ),
        ),
      ),
    ),
  ),
  ...['fast_texts', 'fast_short', 'fast_words'].flatMap((model) =>
    ['texts', 'pieces'].flatMap((name) =>
      each('FastWordpieceTokenizeWithOffsets', {input_values: column(name), wp_model: {model}}),
    ),
  ),
  ...['normalizer', 'normalizer_plain'].flatMap((model) =>
    ['texts', 'all'].flatMap((name) =>
      each(
        'FastBertNormalize',
        {input_values: column(name), fast_bert_normalizer_model: {model}},
        product({get_offsets: [false, true]}),
      ),
    ),
  ),
  ...['unigram', 'bpe'].flatMap((model) => [
    ...each('SentencepieceStringToIdOp', {sp_handle: {sentencepiece: model}, input: column('pieces')}),
    ...each('SentencepieceIdToStringOp', {sp_handle: {sentencepiece: model}, input: column('ids')}),
  ]),
];

/** All of them, by family. */
export const TEXT_CALLS: Readonly<Record<string, readonly TextCall[]>> = {
  'case and space': caseAndTrim,
  substrings,
  splitting,
  joining,
  hashing,
  'numbers and text': numbers,
  Unicode: unicode,
  'bytes and records': bytes,
  'comparing and looking up': comparing,
  'regular expressions': patterns,
  'TF Text': tokenizing,
};
