/**
 * Text records to columns.
 *
 * @module
 */

import {equalBytes, toLatin1} from '../../../algorithms/bytes.js';
import {isNumberDType, parseNumber} from '../../../algorithms/number_text.js';
import {joinBytes} from '../../../host/bytes.js';
import type {DType} from '../../../host/dtypes.js';
import {allocate, elementAt} from '../../../host/tensor.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

const QUOTE = '"'.charCodeAt(0);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Splits each record into fields, and each field into its own tensor. */
const decodeCsv: Kernel = ([records, ...defaults], ctx) => {
  const {attrs} = ctx;
  const dtypes = attrs.dtypes('OUT_TYPE');
  const selected = attrs.ints('select_cols');
  const delimiter = attrs.bytes('field_delim');
  if (delimiter.length !== 1) throw invalid(ctx, 'field_delim should be only 1 char');
  if (selected.length > 0 && selected.length !== dtypes.length) {
    throw invalid(ctx, `select_cols has ${selected.length} entries for ${dtypes.length} fields`);
  }
  if (selected.some((column, i) => column < 0 || column <= (selected[i - 1] ?? -1))) {
    throw invalid(ctx, `select_cols [${selected}] must rise from 0 or more`);
  }
  defaults.forEach((value, i) => {
    if (value.rank > 1 || value.size > 1)
      throw invalid(ctx, `the default of field ${i} has shape [${value.shape}]`);
  });
  const useQuotes = attrs.bool('use_quote_delim');
  const rows = records!
    .strings()
    .toArray()
    .map((record, i) => {
      const all = csvFields(record, delimiter[0]!, useQuotes, ctx);
      const fields = selected.length > 0 ? selected.flatMap((column) => all[column] ?? []) : all;
      if (fields.length === dtypes.length) return fields;
      throw invalid(ctx, `expected ${dtypes.length} fields, but there are ${fields.length} in record ${i}`);
    });
  const missing = attrs.bytes('na_value');
  return dtypes.map((dtype, column) => {
    const fields = rows.map((row) => row[column]!);
    return csvColumn(fields, dtype, defaults[column]!, missing, records!.shape, `field ${column}`, ctx);
  });
};

function csvColumn(
  fields: readonly Uint8Array[],
  dtype: DType,
  defaultValue: Value,
  missing: Uint8Array,
  shape: readonly number[],
  what: string,
  ctx: KernelContext,
): Value {
  if (dtype !== 'string' && !isNumberDType(dtype)) throw invalid(ctx, `${what} cannot be ${dtype}`);
  const out = dtype === 'string' ? [] : allocate(dtype, fields.length);
  fields.forEach((field, record) => {
    const isMissing = field.length === 0 || equalBytes(field, missing);
    if (isMissing && defaultValue.size === 0) {
      throw invalid(ctx, `${what} is required but missing in record ${record}`);
    }
    const value = isMissing
      ? elementAt(defaultValue.hostData(), 0)
      : dtype === 'string'
        ? field
        : parseNumber(field, dtype);
    if (value === undefined) {
      throw invalid(ctx, `${what} in record ${record} is not a valid ${dtype}: ${toLatin1(field)}`);
    }
    out[record] = value as never;
  });
  return Array.isArray(out) ? stringValue(shape, out as Uint8Array[]) : Value.host(dtype, shape, out);
}

/** The fields of a record as RFC 4180 has them, quotes doubled within quotes. */
function csvFields(
  record: Uint8Array,
  delimiter: number,
  useQuotes: boolean,
  ctx: KernelContext,
): Uint8Array[] {
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at < record.length) {
    if (record[at] === LINE_FEED || record[at] === CARRIAGE_RETURN) {
      at++;
      continue;
    }
    if (useQuotes && record[at] === QUOTE) {
      const [field, end] = quotedField(record, at + 1, delimiter, ctx);
      fields.push(field);
      at = end + 2;
      continue;
    }
    const start = at;
    while (at < record.length && record[at] !== delimiter) {
      const byte = record[at]!;
      if ((useQuotes && byte === QUOTE) || byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        throw invalid(ctx, 'unquoted fields cannot have quotes or line ends inside');
      }
      at++;
    }
    fields.push(record.subarray(start, at));
    at++;
  }
  if (record.length > 0 && record.at(-1) === delimiter) fields.push(record.subarray(0, 0));
  return fields;
}

/** A field from behind its opening quote on, and where its closing quote is. */
function quotedField(
  record: Uint8Array,
  start: number,
  delimiter: number,
  ctx: KernelContext,
): [field: Uint8Array, end: number] {
  const parts: Uint8Array[] = [];
  let from = start;
  let at = start;
  while (at < record.length - 1 && !(record[at] === QUOTE && record[at + 1] === delimiter)) {
    if (record[at] === QUOTE) {
      if (record[at + 1] !== QUOTE)
        throw invalid(ctx, 'a quote inside a string has to be escaped by another quote');
      at++;
      parts.push(record.subarray(from, at));
      from = at + 1;
    }
    at++;
  }
  if (record[at] !== QUOTE)
    throw invalid(ctx, 'a quoted field has to end with a quote followed by the delimiter or the end');
  parts.push(record.subarray(from, at));
  return [joinBytes(parts), at];
}

/** Comma-separated values. */
export const csvParsing: OpFamily = {DecodeCSV: {kernel: decodeCsv}};
