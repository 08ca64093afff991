/**
 * Ops of lookup tables. A handle is a resource value that holds the table; the reference handles of TF1 graphs are the
 * same.
 *
 * @module
 */

import {decodeUtf8} from '../../algorithms/utf8.js';
import {Value} from '../../tensors/value.js';
import {type Kernel, type KernelContext, type OpFamily, resourceOf} from '../kernel.js';
import {invalid} from '../node.js';
import {DenseTable} from './dense_table.js';
import {LookupTable, MutableTable, StaticTable, type TableSpec} from './lookup_table.js';
import {readVocabulary} from './vocabulary.js';

type TableMaker = (spec: TableSpec, inputs: readonly Value[], ctx: KernelContext) => LookupTable;

const hashTable: TableMaker = (spec) => new StaticTable(spec);

const mutableTable: TableMaker = (spec) => new MutableTable(spec);

const tableOfTensors: TableMaker = (spec, _, ctx) => {
  const valueShape = knownShape(ctx);
  if (valueShape.length !== 1) throw invalid(ctx, `values must be vectors, got value_shape [${valueShape}]`);
  return new MutableTable({...spec, valueShape});
};

const denseTable: TableMaker = (spec, [emptyKey, deletedKey], ctx) => {
  const valueShape = knownShape(ctx);
  if (valueShape.length > 1)
    throw invalid(ctx, `values must be scalars or vectors, got value_shape [${valueShape}]`);
  return new DenseTable({
    ...spec,
    valueShape,
    emptyKey: emptyKey!,
    deletedKey: deletedKey!,
    buckets: ctx.attrs.int('initial_num_buckets'),
    maxLoad: ctx.attrs.float('max_load_factor'),
  });
};

function knownShape(ctx: KernelContext): number[] {
  const shape = ctx.attrs.shape('value_shape');
  if (shape === null || shape.includes(null)) throw invalid(ctx, 'value_shape must be fully known');
  return [...(shape as readonly number[])];
}

/** The handle of a table. */
function namedTable(make: TableMaker): Kernel {
  return (inputs, ctx) =>
    handleOf(
      resourceOf(ctx, (name) => make(specOf(name, ctx), inputs, ctx)),
      ctx,
    );
}

/** The handle of a new table. */
function anonymousTable(make: TableMaker): Kernel {
  return (inputs, ctx) =>
    handleOf(
      ctx.session.anonymous(() => make(specOf(ctx.name, ctx), inputs, ctx)),
      ctx,
    );
}

function specOf(name: string, {attrs}: KernelContext): TableSpec {
  return {name, keyDType: attrs.dtype('key_dtype'), valueDType: attrs.dtype('value_dtype')};
}

function handleOf(table: LookupTable, ctx: KernelContext): Value {
  const [key, value] = [ctx.attrs.dtype('key_dtype'), ctx.attrs.dtype('value_dtype')];
  if (table.keyDType !== key || table.valueDType !== value) {
    throw invalid(
      ctx,
      `conflicting dtypes ${key} -> ${value} with ${table.keyDType} -> ${table.valueDType} of table '${table.name}'`,
    );
  }
  return Value.object('resource', table);
}

const find: Kernel = ([handle, keys, defaultValue]) => handle!.object(LookupTable).find(keys!, defaultValue!);

const insert: Kernel = ([handle, keys, values]) => {
  handle!.object(LookupTable).insert(keys!, values!);
  return [];
};

const remove: Kernel = ([handle, keys]) => {
  handle!.object(LookupTable).remove(keys!);
  return [];
};

const size: Kernel = ([handle]) => Value.scalar('int64', handle!.object(LookupTable).size);

const importValues: Kernel = ([handle, keys, values]) => {
  handle!.object(LookupTable).importValues(keys!, values!);
  return [];
};

const exportValues: Kernel = ([handle]) => handle!.object(LookupTable).exportValues();

const initialize: Kernel = ([handle, keys, values], ctx) => {
  const table = handle!.object(StaticTable);
  if (keys!.rank !== 1 || values!.rank !== 1) {
    throw invalid(ctx, `keys and values must be vectors, got shapes [${keys!.shape}] and [${values!.shape}]`);
  }
  table.initialize(keys!, values!);
  return [];
};

const initializeFromTextFile: Kernel = ([handle, filename], ctx) => {
  const table = handle!.object(StaticTable);
  const {attrs} = ctx;
  const delimiter = attrs.bytes('delimiter');
  if (delimiter.length !== 1) throw invalid(ctx, 'delimiter should be only 1 char');
  if (filename!.rank !== 0)
    throw invalid(ctx, `filename should be a single string, got shape [${filename!.shape}]`);
  const path = filename!.string();
  if (path.length === 0) throw invalid(ctx, 'filename cannot be empty');
  const {keys, values} = readVocabulary(ctx.session.readFile(path), table.keyDType, table.valueDType, {
    name: decodeUtf8(path),
    keyIndex: attrs.int('key_index'),
    valueIndex: attrs.int('value_index'),
    delimiter: delimiter[0]!,
    size: attrs.int('vocab_size'),
    offset: attrs.int('offset'),
  });
  // A table that is filled stays as it is: several nodes may fill one table from one file.
  if (!table.isInitialized) table.fill(keys, values);
  return [];
};

const VARIANTS = 'no variant values';
const VARIANT_VALUES = {value_dtype: ['variant']} as const;

/** Lookup tables. */
export const table: OpFamily = {
  HashTable: {kernel: namedTable(hashTable)},
  HashTableV2: {kernel: namedTable(hashTable)},
  AnonymousHashTable: {kernel: anonymousTable(hashTable)},
  MutableHashTable: {kernel: namedTable(mutableTable), limits: VARIANTS, unsupportedDtypes: VARIANT_VALUES},
  MutableHashTableV2: {kernel: namedTable(mutableTable), limits: VARIANTS, unsupportedDtypes: VARIANT_VALUES},
  AnonymousMutableHashTable: {
    kernel: anonymousTable(mutableTable),
    limits: VARIANTS,
    unsupportedDtypes: VARIANT_VALUES,
  },
  MutableHashTableOfTensors: {kernel: namedTable(tableOfTensors)},
  MutableHashTableOfTensorsV2: {kernel: namedTable(tableOfTensors)},
  AnonymousMutableHashTableOfTensors: {kernel: anonymousTable(tableOfTensors)},
  MutableDenseHashTable: {
    kernel: namedTable(denseTable),
    limits: VARIANTS,
    unsupportedDtypes: VARIANT_VALUES,
  },
  MutableDenseHashTableV2: {
    kernel: namedTable(denseTable),
    limits: VARIANTS,
    unsupportedDtypes: VARIANT_VALUES,
  },
  AnonymousMutableDenseHashTable: {
    kernel: anonymousTable(denseTable),
    limits: VARIANTS,
    unsupportedDtypes: VARIANT_VALUES,
  },
  LookupTableFind: {kernel: find},
  LookupTableFindV2: {kernel: find},
  LookupTableInsert: {kernel: insert},
  LookupTableInsertV2: {kernel: insert},
  LookupTableRemoveV2: {kernel: remove},
  LookupTableSize: {kernel: size},
  LookupTableSizeV2: {kernel: size},
  LookupTableImport: {kernel: importValues},
  LookupTableImportV2: {kernel: importValues},
  LookupTableExport: {kernel: exportValues},
  LookupTableExportV2: {kernel: exportValues},
  InitializeTable: {kernel: initialize},
  InitializeTableV2: {kernel: initialize},
  InitializeTableFromTextFile: {kernel: initializeFromTextFile},
  InitializeTableFromTextFileV2: {kernel: initializeFromTextFile},
};
