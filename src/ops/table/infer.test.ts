import {describe, expect, it} from 'vitest';
import {type Attr, Attrs} from '../../graph/attrs.js';
import type {Inferred, Known} from '../../graph/known.js';
import type {PartialShape} from '../../host/shape.js';
import {infer} from './infer.js';

function run(op: string, inputs: readonly Known[], valueShape: PartialShape = []): readonly Inferred[] {
  const given: Readonly<Record<string, Attr>> = {
    value_dtype: {type: 'type', value: 'int64'},
    value_shape: {type: 'shape', value: valueShape},
  };
  return infer[op]!(inputs, {name: op, op, attrs: new Attrs((name) => given[name], op)}, {of: () => []});
}

const strings = (...shape: (number | null)[]): Known => ({dtype: 'string', shape});

describe('what is found in a table', () => {
  const find = (table: Inferred, keys: Known): PartialShape =>
    run('LookupTableFindV2', [{dtype: 'resource', ...table}, keys, {dtype: 'int64', shape: null}])[0]!.shape;

  it('is one value for each key', () => {
    const [table] = run('HashTableV2', []);
    expect(table).toEqual({shape: [], handle: {dtype: 'int64', shape: []}});
    expect(find(table!, strings(null, 3))).toEqual([null, 3]);
  });

  it('has the shape of the values after that of the keys', () => {
    const [table] = run('MutableHashTableOfTensorsV2', [], [4]);
    expect(find(table!, strings(2))).toEqual([2, 4]);
    expect(run('LookupTableExportV2', [{dtype: 'resource', ...table!}])).toEqual([
      {shape: [null]},
      {shape: [null, 4]},
    ]);
  });

  it('is not known of a table whose keys may be vectors', () => {
    const [ofScalars] = run('MutableDenseHashTableV2', [strings(), strings()], [4]);
    expect(find(ofScalars!, strings(2))).toEqual([2, 4]);
    const [ofVectors] = run('MutableDenseHashTableV2', [strings(3), strings(3)], [4]);
    expect(find(ofVectors!, strings(2, 3))).toBeNull();
  });

  it('is not known of keys of which nothing is known, or of a handle from elsewhere', () => {
    const [table] = run('HashTableV2', []);
    expect(find(table!, {dtype: 'string', shape: null})).toBeNull();
    expect(find({shape: []}, strings(2))).toBeNull();
  });
});
