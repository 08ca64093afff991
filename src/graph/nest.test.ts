import {expect, test} from 'vitest';
import {FormatError} from '../errors.js';
import {
  DataType,
  makeMessage,
  StructuredValue,
  TensorShapeProto,
  TypeSpecProto,
  TypeSpecProto_TypeSpecClass,
} from '../proto/index.js';
import {structureOf} from './nest.js';

const value = (kind: StructuredValue['kind']) => makeMessage(StructuredValue, {kind});

function shape(dims: readonly number[] | null) {
  const proto = {
    dim: (dims ?? []).map((size) => ({size, name: ''})),
    unknownRank: dims === null,
  };
  return value({$case: 'tensorShapeValue', value: makeMessage(TensorShapeProto, proto)});
}

function spec(fields: Partial<TypeSpecProto>) {
  return structureOf(value({$case: 'typeSpecValue', value: makeMessage(TypeSpecProto, fields)}));
}

function ragged(rank: bigint, dims: readonly number[] | null) {
  const state = [
    shape(dims),
    value({$case: 'tensorDtypeValue', value: DataType.DT_FLOAT}),
    value({$case: 'int64Value', value: rank}),
    value({$case: 'tensorDtypeValue', value: DataType.DT_INT64}),
  ];
  return spec({
    typeSpecClass: TypeSpecProto_TypeSpecClass.RAGGED_TENSOR_SPEC,
    typeState: value({$case: 'tupleValue', value: {values: state}}),
  });
}

test('a ragged tensor has as many row splits as its ragged rank', () => {
  const components = (structure: ReturnType<typeof ragged>) =>
    structure.kind === 'composite' ? structure.components.map(({name}) => name) : structure.kind;
  expect(components(ragged(2n, [2, -1, -1, 3]))).toEqual(['flat_values', 'row_splits_0', 'row_splits_1']);
  expect(components(ragged(2n, null))).toEqual(['flat_values', 'row_splits_0', 'row_splits_1']);
  expect(components(ragged(0n, [2, 3]))).toBe('tensor');
});

test.each([
  [2n, [2, 3]],
  [2n ** 31n, [2, 3]],
  [2n ** 31n, null],
  [2n ** 62n, null],
  [-1n, null],
])('a ragged rank of %d is refused for the shape %j', (rank, dims) => {
  expect(() => ragged(rank, dims)).toThrow(FormatError);
});

test.each([2 ** 31 - 1, -1])('an object of %d tensors is refused', (numFlatComponents) => {
  const typeSpecClass = TypeSpecProto_TypeSpecClass.DATA_DATASET_SPEC;
  expect(() => spec({typeSpecClass, typeSpecClassName: 'DatasetSpec', numFlatComponents})).toThrowWithMessage(
    FormatError,
    /'DatasetSpec' of -?\d+ components/,
  );
});
