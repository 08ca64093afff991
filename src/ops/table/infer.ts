/**
 * Lookup tables before they are asked: what a handle leads to are the values, so that what is found has their shape.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, SCALAR, UNKNOWN} from '../../graph/known.js';
import type {PartialShape} from '../../host/shape.js';
import {forAll, nothing, SOME, scalar} from '../infer_rules.js';

/** A handle of a table with keys that are scalars. The handles of TensorFlow 1 are references to two strings. */
function handleTo(valueShape: PartialShape, {op, attrs}: OpNode): Inferred {
  const isReference = !op.startsWith('Anonymous') && !op.endsWith('V2');
  return {
    ...(isReference ? UNKNOWN : SCALAR),
    handle: {dtype: attrs.dtype('value_dtype'), shape: valueShape},
  };
}

const tableOfScalars: Infer = (_, node) => [handleTo([], node)];

const tableOfTensors: Infer = (_, node) => [handleTo(node.attrs.shape('value_shape'), node)];

/** The keys of a dense table have the shape of the key that stands for none. */
const denseTable: Infer = ([emptyKey], node) => {
  const {handle, ...known} = handleTo(node.attrs.shape('value_shape'), node);
  return [emptyKey!.shape?.length === 0 ? {...known, handle: handle!} : known];
};

const find: Infer = ([{handle: values} = UNKNOWN, keys]) => {
  if (keys!.shape === null || !values?.shape) return [UNKNOWN];
  return [{shape: [...keys!.shape, ...values.shape]}];
};

/** All keys and their values. */
const exportAll: Infer = ([table]) => {
  const values = table!.handle?.shape;
  return [values ? SOME : UNKNOWN, values ? {shape: [null, ...values]} : UNKNOWN];
};

export const infer: InferTable = {
  ...forAll(tableOfScalars, [
    ...['HashTable', 'HashTableV2', 'AnonymousHashTable'],
    ...['MutableHashTable', 'MutableHashTableV2', 'AnonymousMutableHashTable'],
  ]),
  ...forAll(tableOfTensors, [
    ...['MutableHashTableOfTensors', 'MutableHashTableOfTensorsV2'],
    'AnonymousMutableHashTableOfTensors',
  ]),
  ...forAll(denseTable, [
    ...['MutableDenseHashTable', 'MutableDenseHashTableV2', 'AnonymousMutableDenseHashTable'],
  ]),
  ...forAll(find, ['LookupTableFind', 'LookupTableFindV2']),
  ...forAll(scalar, ['LookupTableSize', 'LookupTableSizeV2']),
  ...forAll(exportAll, ['LookupTableExport', 'LookupTableExportV2']),
  ...forAll(nothing, [
    ...['LookupTableInsert', 'LookupTableInsertV2', 'LookupTableRemoveV2'],
    ...['LookupTableImport', 'LookupTableImportV2', 'InitializeTable', 'InitializeTableV2'],
    ...['InitializeTableFromTextFile', 'InitializeTableFromTextFileV2'],
  ]),
};
