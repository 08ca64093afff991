/** Lookup tables against what TensorFlow's gave, step by step. */

import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {decodeUtf8} from '../../algorithms/utf8.js';
import {CallError, UnsupportedOpError} from '../../errors.js';
import type {HostTensor} from '../../host/tensor.js';
import {type Resource, Value} from '../../tensors/value.js';
import type {Session} from '../kernel.js';
import {caseFile, decodeTensor, type JsonTensor, type OpCase, runKernel} from '../testing/op_cases.js';
import {table} from './kernels.js';
import {LookupTable, MutableTable} from './lookup_table.js';

interface Step extends Pick<OpCase, 'op' | 'attrs' | 'error' | 'inputs' | 'outputs'> {}

interface Scenario {
  readonly name: string;
  readonly files?: Record<string, string>;
  readonly steps: readonly Step[];
}

const url = caseFile('table');
const {scenarios} = JSON.parse(readFileSync(url, 'utf8')) as {scenarios: Scenario[]};

function sessionOf(files: Record<string, string> = {}): Session {
  const resources = new Map<string, Resource>();
  return {
    resource: (container: string, name: string, create: () => Resource) => {
      const key = `${container}/${name}`;
      if (!resources.has(key)) resources.set(key, create());
      return resources.get(key);
    },
    anonymous: (create: () => Resource) => create(),
    readFile: (path: Uint8Array) => Buffer.from(files[decodeUtf8(path)]!, 'base64'),
  } as Partial<Session> as Session;
}

/** Elements in a form that compares by value. */
function plain({dtype, shape, data}: HostTensor) {
  const elements = Array.from(data as ArrayLike<unknown>, (element) =>
    element instanceof Uint8Array ? Buffer.from(element).toString('latin1') : element,
  );
  return {dtype, shape: [...shape], elements};
}

function hostTensor(value: Value): HostTensor {
  return {dtype: value.dtype, shape: value.shape, data: value.hostData()};
}

/** Keys with their values, in the order of the keys: hash tables export in no order of their own. */
function sortedRows([keys, values]: readonly HostTensor[]) {
  const [k, v] = [plain(keys!), plain(values!)];
  const width = v.elements.length / Math.max(1, k.elements.length);
  const rows = k.elements.map((key, i) => [key, ...v.elements.slice(i * width, (i + 1) * width)]);
  return {
    dtypes: [k.dtype, v.dtype],
    shapes: [k.shape, v.shape],
    rows: rows.sort((a, b) => (a[0]! < b[0]! ? -1 : 1)),
  };
}

function play({files, steps}: Scenario): void {
  const session = sessionOf(files);
  let handle: Value[] = [];
  let isDense = false;
  steps.forEach((step, index) => {
    const inputs = step.inputs.map((json: JsonTensor) => Value.of(decodeTensor(json)));
    const run = () => runKernel(step, table, [...handle, ...inputs], session);
    const what = `step ${index}, ${step.op}`;
    if (step.error) {
      expect(run, what).toThrow(CallError);
      return;
    }
    const outputs = run();
    if (handle.length === 0) {
      handle = outputs;
      isDense = step.op.includes('Dense');
      return;
    }
    const found = outputs.map(hostTensor);
    const expected = (step.outputs ?? []).map((each) => decodeTensor(each!));
    if (step.op === 'LookupTableExportV2' && !isDense)
      expect(sortedRows(found), what).toEqual(sortedRows(expected));
    else expect(found.map(plain), what).toEqual(expected.map(plain));
  });
}

describe('lookup tables do what TensorFlow does', () => {
  for (const scenario of scenarios) it(scenario.name, () => play(scenario));
});

describe('a table handle', () => {
  const type = (value: string) => ({type: 'type', value: value as never}) as const;
  const text = (value: string) =>
    ({type: 'string', value: Buffer.from(value).toString('base64') as never}) as const;
  const attrs = (shared: string, value = 'int64') => ({
    container: text(''),
    shared_name: text(shared),
    use_node_name_sharing: {type: 'bool', value: false as never} as const,
    key_dtype: type('string'),
    value_dtype: type(value),
  });
  const make = (op: string, shared: string, session: Session, value?: string) =>
    runKernel({op, attrs: attrs(shared, value)}, table, [], session)[0]!.object(LookupTable);

  it('names one table wherever the shared name is the same', () => {
    const session = sessionOf();
    expect(make('HashTableV2', 'words', session)).toBe(make('HashTable', 'words', session));
    expect(make('HashTableV2', 'words', session)).not.toBe(make('HashTableV2', 'other', session));
  });

  it('refuses a shared table of other dtypes', () => {
    const session = sessionOf();
    make('MutableHashTableV2', 'words', session);
    expect(() => make('MutableHashTableV2', 'words', session, 'float')).toThrow(CallError);
  });

  it('is a new table where no name is shared', () => {
    const session = sessionOf();
    expect(make('MutableHashTable', '', session)).not.toBe(make('MutableHashTable', '', session));
  });

  it('says that it holds no table of variants', () => {
    expect(() => make('MutableHashTableV2', 'x', sessionOf(), 'variant')).toThrow(UnsupportedOpError);
  });
});

it('a table reuses the rows of removed keys', () => {
  const cache = new MutableTable({name: 'cache', keyDType: 'int64', valueDType: 'float32'});
  for (let round = 0; round < 1000; round++) {
    cache.insert(Value.vector('int64', [round, round + 1]), Value.vector('float32', [round, -round]));
    cache.remove(Value.vector('int64', [round]));
  }
  expect(cache.size).toBe(1);
  expect(cache.find(Value.vector('int64', [1000]), Value.scalar('float32', 0)).numbers()).toEqual([-999]);
});
