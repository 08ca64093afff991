/**
 * Text records to columns.
 *
 * The fields of a block of records are found first, as places in the records' bytes; then each column reads its own.
 *
 * @module
 */

import {numberReader} from '../../../algorithms/number_bytes.js';
import {isNumberDType, type NumberDType} from '../../../algorithms/number_text.js';
import {decodeUtf8} from '../../../algorithms/utf8.js';
import {checkBounds} from '../../../host/budget.js';
import type {DType} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate, type HostData} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {StringColumn} from '../columns.js';

const QUOTE = '"'.charCodeAt(0);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Records whose fields are found before they are read. */
const BLOCK = 256;

/** Splits each record into fields, and each field into its own tensor. */
const decodeCsv: Kernel = ([records, ...defaults], ctx) => {
  const dtypes = ctx.attrs.dtypes('OUT_TYPE');
  defaults.forEach((value, i) => {
    if (value.rank > 1 || value.size > 1)
      throw invalid(ctx, `the default of field ${i} has shape ${formatShape(value.shape)}`);
  });
  const strings = records!.strings();
  const fields = new CsvFields(strings, ctx);
  const columns = dtypes.map((dtype, i) => columnFor(dtype, strings, defaults[i]!, i, ctx));
  const missing = ctx.attrs.bytes('na_value');
  for (let first = 0; first < strings.length; first += BLOCK) {
    checkBounds();
    const count = Math.min(BLOCK, strings.length - first);
    fields.find(first, count);
    columns.forEach((column, i) => {
      readColumn(column, i, fields, first, count, missing, defaults[i]!.size > 0, ctx);
    });
  }
  return columns.map((column, i) => Value.host(dtypes[i]!, records!.shape, column.data()));
};

function readColumn(
  column: CsvColumn,
  field: number,
  fields: CsvFields,
  first: number,
  count: number,
  missing: Uint8Array,
  hasDefault: boolean,
  ctx: KernelContext,
): void {
  const base = field * BLOCK;
  const {starts, ends, bytes, unescaped} = fields;
  for (let i = 0; i < count; i++) {
    const isUnescaped = starts[base + i]! < 0;
    const source = isUnescaped ? unescaped.bytes : bytes;
    const start = isUnescaped ? ~starts[base + i]! : starts[base + i]!;
    const end = ends[base + i]!;
    if (start === end || isSame(missing, source, start, end)) {
      if (!hasDefault) throw invalid(ctx, `field ${field} is required but missing in record ${first + i}`);
      column.setDefault(first + i);
    } else if (!column.set(first + i, source, start, end)) {
      const text = decodeUtf8(source.subarray(start, end));
      throw invalid(ctx, `field ${field} in record ${first + i} is not a valid ${column.dtype}: ${text}`);
    }
  }
}

function isSame(wanted: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (wanted.length !== end - start) return false;
  for (let i = 0; i < wanted.length; i++) if (wanted[i] !== bytes[start + i]) return false;
  return true;
}

/** A column that is being read, record by record. */
interface CsvColumn {
  readonly dtype: DType;
  /** Reads a field. False where it is none of the dtype. */
  set(record: number, bytes: Uint8Array, start: number, end: number): boolean;
  setDefault(record: number): void;
  data(): HostData;
}

function columnFor(
  dtype: DType,
  records: PackedStrings,
  defaultValue: Value,
  field: number,
  ctx: KernelContext,
): CsvColumn {
  if (dtype === 'string') return stringColumn(records, defaultValue);
  if (!isNumberDType(dtype)) throw invalid(ctx, `field ${field} cannot be ${dtype}`);
  return numberColumn(dtype, records.length, defaultValue);
}

function numberColumn(dtype: NumberDType, count: number, defaultValue: Value): CsvColumn {
  const out = allocate(dtype, count);
  const read = numberReader(dtype, out as Int32Array);
  const [fallback] = defaultValue.numeric();
  return {
    dtype,
    set: (record, bytes, start, end) => read(bytes, start, end, record),
    setDefault: (record) => {
      out[record] = fallback as never;
    },
    data: () => out,
  };
}

function stringColumn(records: PackedStrings, defaultValue: Value): CsvColumn {
  const column = new StringColumn(records.bytes, defaultValue.strings());
  column.reserve(records.length);
  return {
    dtype: 'string',
    set: (_, bytes, start, end) => {
      if (bytes === records.bytes) column.add(start, end);
      else column.addOther(bytes, start, end);
      return true;
    },
    setDefault: () => column.addDefaults(),
    data: () => column.values(),
  };
}

/** Finds the fields of records as RFC 4180 has them, quotes doubled within quotes. */
class CsvFields {
  readonly bytes: Uint8Array;
  /** By field and record of the block: where it begins; the complement of a place in `unescaped` where its quotes were doubled. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly unescaped = new StringsBuilder(0, 0);
  readonly #records: PackedStrings;
  readonly #count: number;
  /** The columns that are read, or none where all are. */
  readonly #selected: readonly number[];
  readonly #delimiter: number;
  readonly #usesQuotes: boolean;
  /** 1 for bytes that neither end a field without quotes nor are forbidden in it. */
  readonly #isPlain = new Uint8Array(256).fill(1);
  readonly #ctx: KernelContext;
  #quoteAt = 0;

  constructor(records: PackedStrings, ctx: KernelContext) {
    const {attrs} = ctx;
    const delimiter = attrs.bytes('field_delim');
    const selected = attrs.ints('select_cols');
    this.#count = attrs.dtypes('OUT_TYPE').length;
    if (delimiter.length !== 1) throw invalid(ctx, 'field_delim should be only 1 char');
    if (selected.length > 0 && selected.length !== this.#count) {
      throw invalid(ctx, `select_cols has ${selected.length} entries for ${this.#count} fields`);
    }
    if (selected.some((column, i) => column < 0 || column <= (selected[i - 1] ?? -1))) {
      throw invalid(ctx, `select_cols [${selected}] must rise from 0 or more`);
    }
    this.bytes = records.bytes;
    this.#records = records;
    this.#selected = selected;
    this.#delimiter = delimiter[0]!;
    this.#usesQuotes = attrs.bool('use_quote_delim');
    for (const byte of [this.#delimiter, LINE_FEED, CARRIAGE_RETURN]) this.#isPlain[byte] = 0;
    if (this.#usesQuotes) this.#isPlain[QUOTE] = 0;
    this.#ctx = ctx;
    this.starts = allocate('int32', this.#count * BLOCK) as Int32Array;
    this.ends = allocate('int32', this.#count * BLOCK) as Int32Array;
  }

  /** Finds the fields of a block of records. */
  find(first: number, count: number): void {
    const {starts, ends} = this.#records;
    // Who wanted those of the block before has a copy.
    this.unescaped.used = 0;
    for (let i = 0; i < count; i++) {
      const found = this.#split(starts[first + i]!, ends[first + i]!, i);
      if (found !== this.#count) {
        throw invalid(
          this.#ctx,
          `expected ${this.#count} fields, but there are ${found === MORE ? 'more' : found} in record ${first + i}`,
        );
      }
    }
  }

  /** Notes the fields of a record; how many that are. */
  #split(start: number, end: number, record: number): number {
    const {bytes, starts, ends} = this;
    const isPlain = this.#isPlain;
    const delimiter = this.#delimiter;
    const usesQuotes = this.#usesQuotes;
    const selected = this.#selected;
    const count = this.#count;
    let found = 0;
    let column = 0;
    let at = start;
    for (; at < end; column++) {
      while (at < end && (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN)) at++;
      if (at === end) break;
      let from = at;
      let to: number;
      if (usesQuotes && bytes[at] === QUOTE) {
        from = this.#unquoted(at + 1, end);
        at = this.#quoteAt;
        to = from < 0 ? this.unescaped.used : at;
        at += 2;
      } else {
        while (at < end && isPlain[bytes[at]!] !== 0) at++;
        if (at < end && bytes[at] !== delimiter) {
          throw invalid(this.#ctx, 'unquoted fields cannot have quotes or line ends inside');
        }
        to = at++;
      }
      if (selected.length > 0 && selected[found] !== column) continue;
      if (found === count) return MORE;
      starts[found * BLOCK + record] = from;
      ends[found * BLOCK + record] = to;
      found++;
      // What comes behind the last one that is asked for is not looked at.
      if (found === selected.length) return found;
    }
    const endsOpen = end > start && bytes[end - 1] === delimiter;
    if (endsOpen && (selected.length === 0 || selected[found] === column)) {
      if (found === count) return MORE;
      starts[found * BLOCK + record] = end;
      ends[found * BLOCK + record] = end;
      found++;
    }
    return found;
  }

  /**
   * A field from behind its opening quote on; its closing quote is at `#quoteAt`.
   *
   * @returns where it begins; the complement of where its copy does, in which quotes are single
   */
  #unquoted(start: number, end: number): number {
    const {bytes, unescaped} = this;
    const delimiter = this.#delimiter;
    const copy = unescaped.used;
    let from = start;
    let at = start;
    for (; at < end - 1 && !(bytes[at] === QUOTE && bytes[at + 1] === delimiter); at++) {
      if (bytes[at] !== QUOTE) continue;
      at++;
      if (bytes[at] !== QUOTE) {
        throw invalid(this.#ctx, 'a quote inside a string has to be escaped by another quote');
      }
      unescaped.append(bytes, from, at);
      from = at + 1;
    }
    if (at >= end || bytes[at] !== QUOTE) {
      throw invalid(this.#ctx, 'a quoted field has to end with a quote followed by the delimiter or the end');
    }
    this.#quoteAt = at;
    if (from === start) return start;
    unescaped.append(bytes, from, at);
    return ~copy;
  }
}

/** More fields than there should be. */
const MORE = -1;

/** Comma-separated values. */
export const csvParsing: OpFamily = {DecodeCSV: {kernel: decodeCsv}};
