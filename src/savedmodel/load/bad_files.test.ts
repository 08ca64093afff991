/**
 * Damaged and hostile models: each loads, or is refused with an error that says why, at once and in little memory;
 * what is wrong with a part of one that loads shows when that part is used.
 */

import {beforeAll, describe, expect, test} from 'vitest';
import {CallError, FormatError, UnsupportedOpError} from '../../errors.js';
import {DTYPES} from '../../host/dtypes.js';
import {memoryDirectory} from '../../platform/memory.js';
import {startCpuTime} from '../../testing/cpu_time.js';
import {type Files, fixtureFiles} from '../testing/fixtures.js';
import '../../platform/node.js';
import {
  decodeMessage,
  encodeMessage,
  type MetaGraphDef,
  type NodeDef,
  type SavedConcreteFunction,
  SavedModel,
  type SavedObject,
  SavedUserObject,
} from '../../proto/index.js';
import {join, nested, varint, withEachLength} from '../../proto/testing/damage.js';
import {collectGarbage} from '../../testing/collect_garbage.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {type Exercise, exercise} from '../testing/exercise.js';
import {
  attr,
  type FunctionToMake,
  type ModelToMake,
  makeModelFiles,
  makeSavedModel,
  message,
  node,
} from '../testing/make_model.js';

const MODEL_FILE = 'saved_model.pb';
/** Of processor time: what the machine does besides is no matter. */
const MAX_MILLISECONDS = 2000;
const MAX_BYTES = 500e6;

const counts = {refused: 0, failed: 0, worked: 0};
let slowest = {milliseconds: 0, what: ''};
let memoryBefore = 0;

beforeAll(async () => {
  await quietCpuBackend();
  memoryBefore = process.memoryUsage.rss();
});

/**
 * Uses damaged files in every way and counts what came of it.
 *
 * @param variables - what the variables hold where their files are damaged, which have checksums
 */
async function attempt(what: string, files: Files, variables?: string): Promise<Exercise> {
  const before = process.memoryUsage.rss();
  const elapsed = startCpuTime();
  const result = await exercise(memoryDirectory(files)).catch((error) => {
    throw new Error(`${what}: ${error}`, {cause: error});
  });
  const milliseconds = elapsed();
  // Weak references and finalizers wait for the turn of the event loop to end, which files in memory never do.
  await new Promise((resolve) => setImmediate(resolve));
  if (milliseconds > slowest.milliseconds) slowest = {milliseconds, what};
  expect(milliseconds, what).toBeLessThan(MAX_MILLISECONDS);
  expect(process.memoryUsage.rss() - before, what).toBeLessThan(MAX_BYTES);
  const {refused, failures} = result;
  for (const error of refused === undefined ? failures : [refused]) {
    const typed = [FormatError, CallError, UnsupportedOpError].some((type) => error instanceof type);
    if (!typed) throw new Error(`${what}: ${error}`, {cause: error});
  }
  if (refused !== undefined) counts.refused++;
  else if (failures.length > 0) counts.failed++;
  else counts.worked++;
  if (variables !== undefined && refused === undefined) expect(result.variables, what).toBe(variables);
  return result;
}

/** Thousands of models leave nothing behind. */
function expectLittleMemory(): void {
  collectGarbage();
  expect(process.memoryUsage.rss() - memoryBefore).toBeLessThan(MAX_BYTES);
}

function withFile(files: Files, path: string, bytes: Uint8Array): Files {
  return {...files, [path]: bytes};
}

function flipped(bytes: Uint8Array, position: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[position]! ^= mask;
  return copy;
}

/** Every bit of a byte is flipped in some byte near it. */
const MASKS = [0x01, 0x80, 0x10, 0x02, 0x40, 0x08, 0x04, 0x20, 0xff];
/** What has no checksum is sampled. */
const STRIDE = 5;

describe.each([
  ['mymul', fixtureFiles('mymul')],
  ['v1_tables', fixtureFiles('v1_tables')],
] as const)('the model "%s"', (_, files) => {
  let truth: Exercise;
  beforeAll(async () => {
    truth = await exercise(memoryDirectory(files));
    expect(truth.refused).toBeUndefined();
    expect(truth.failures).toEqual([]);
  });

  test('cut off anywhere', async () => {
    for (const [path, bytes] of Object.entries(files)) {
      for (let length = 0; length < bytes.length; length++) {
        await attempt(`${path} cut to ${length} bytes`, withFile(files, path, bytes.subarray(0, length)));
      }
    }
    expectLittleMemory();
  });

  test('with any byte of the checkpoint changed', async () => {
    for (const [path, bytes] of Object.entries(files).filter(([file]) => file.startsWith('variables/'))) {
      for (let position = 0; position < bytes.length; position++) {
        for (const mask of [0x01, 0x10, 0x80, 0xff]) {
          const damaged = withFile(files, path, flipped(bytes, position, mask));
          await attempt(`${path} with byte ${position} xor ${mask}`, damaged, truth.variables);
        }
      }
    }
    expectLittleMemory();
  });

  test('with a byte of another file changed', async () => {
    for (const [path, bytes] of Object.entries(files).filter(([file]) => !file.startsWith('variables/'))) {
      for (let position = 0; position < bytes.length; position += STRIDE) {
        const mask = MASKS[(position / STRIDE) % MASKS.length]!;
        await attempt(
          `${path} with byte ${position} xor ${mask}`,
          withFile(files, path, flipped(bytes, position, mask)),
        );
      }
    }
    expectLittleMemory();
  });

  test('with a file missing', async () => {
    for (const path of Object.keys(files)) {
      const {[path]: _, ...rest} = files;
      await attempt(`without ${path}`, rest);
    }
  });

  test('with 64 bits in any length field', async () => {
    for (const huge of [2n ** 32n - 1n, 2n ** 63n - 1n]) {
      let count = 0;
      for (const bytes of withEachLength(files[MODEL_FILE]!, 'tensorflow.SavedModel', varint(huge))) {
        await attempt(`length ${count++} as ${huge}`, withFile(files, MODEL_FILE, bytes));
      }
    }
    expectLittleMemory();
  });
});

test.each(['v1_pbtxt', 'text_vocabulary', 'partitioned_variable'])(
  '%s, damaged here and there',
  async (name) => {
    const files = fixtureFiles(name);
    for (const [path, bytes] of Object.entries(files)) {
      for (let position = 0; position < bytes.length; position += 97) {
        await attempt(`${path} cut to ${position} bytes`, withFile(files, path, bytes.subarray(0, position)));
        const mask = MASKS[position % MASKS.length]!;
        await attempt(
          `${path} with byte ${position} xor ${mask}`,
          withFile(files, path, flipped(bytes, position, mask)),
        );
      }
    }
    expectLittleMemory();
  },
);

const FLOATS = {dtype: 'float32', shape: [null]} as const;
const X = {name: 'x', ...FLOATS};
const T = {T: attr.type('float32')};

/** A function of one vector. */
function vectorFunction(name: string, nodes: NodeDef[], from: string): FunctionToMake {
  return {name, inputs: [X], nodes, outputs: [{name: 'y', ...FLOATS, from}]};
}

function callOf(name: string, callee: string, input: string): NodeDef {
  const types = {Tin: attr.types('float32'), Tout: attr.types('float32')};
  return node(name, 'PartitionedCall', [input], {f: attr.func(callee), ...types});
}

/** A model whose `__call__` is the first of the functions. */
function modelOf(...functions: FunctionToMake[]): ModelToMake {
  return {functions, methods: {__call__: functions[0]!.name}};
}

const doubled = modelOf(vectorFunction('f', [node('twice', 'AddV2', ['x', 'x'], T)], 'twice:z:0'));

/** A well-formed model with something done to its message. */
function changed(
  model: ModelToMake,
  change: (metaGraph: MetaGraphDef, objects: SavedObject[]) => void,
): Files {
  const saved = makeSavedModel(model);
  const [metaGraph] = saved.metaGraphs;
  change(metaGraph!, metaGraph!.objectGraphDef!.nodes);
  return {...makeModelFiles(model), [MODEL_FILE]: encodeMessage(SavedModel, saved)};
}

/** Uses a model that is well-formed but for what `what` says, and expects a use of it to fail with these words. */
async function expectFailure(what: string, files: Files, words: RegExp): Promise<void> {
  const {refused, failures} = await attempt(what, files);
  const messages = (refused === undefined ? failures : [refused]).map(({message: text}) => text);
  expect(messages.length, what).toBeGreaterThan(0);
  expect(messages.join('\n'), what).toMatch(words);
}

test('the models made here work as long as nothing is done to them', async () => {
  const {refused, failures, worked} = await attempt(
    'nothing',
    changed(doubled, () => {}),
  );
  expect([refused, failures]).toEqual([undefined, []]);
  expect(worked).toBeGreaterThan(3);
});

describe('messages nested 100,000 deep', () => {
  const DEPTH = 100_000;

  test('structured values', async () => {
    // StructuredValue.list_value = 51, ListValue.values = 1.
    const value = nested([(51 << 3) | 2, (1 << 3) | 2], DEPTH, new Uint8Array(0));
    const files = changed(doubled, ({objectGraphDef}) => {
      const field = (3 << 3) | 2;
      objectGraphDef!.concreteFunctions.get('f')!._unknownFields = {
        [field]: [join(varint(value.length), value)],
      };
    });
    await expectFailure('deep structure', files, /not the protocol buffer/);
  });

  test('functions in attributes of functions', async () => {
    // AttrValue.func = 10, NameAttrList.attr = 2, its value = 2.
    const value = nested([(10 << 3) | 2, (2 << 3) | 2, (2 << 3) | 2], DEPTH, new Uint8Array(0));
    const deep = callOf('call', 'f', 'x');
    deep.attr.set('f', value);
    await expectFailure(
      'deep attribute',
      makeModelFiles(modelOf(vectorFunction('f', [deep], 'call:output:0'))),
      /not the protocol buffer/,
    );
  });

  test('tensors in variants in tensors', async () => {
    // TensorProto.variant_val = 15, VariantTensorDataProto.tensors = 3.
    const tensor = nested([(15 << 3) | 2, (3 << 3) | 2], DEPTH, new Uint8Array(0));
    const deep = node('constant', 'Const', [], {dtype: attr.type('float32')});
    deep.attr.set('value', join(varint((8 << 3) | 2), varint(tensor.length), tensor));
    await expectFailure(
      'deep tensor',
      makeModelFiles(modelOf(vectorFunction('f', [deep], 'constant:output:0'))),
      /not the protocol buffer/,
    );
  });

  test('groups', async () => {
    const groups = new Uint8Array(2 * DEPTH).fill((9 << 3) | 3, 0, DEPTH).fill((9 << 3) | 4, DEPTH);
    const file = join(encodeMessage(SavedModel, makeSavedModel(doubled)), groups);
    await expectFailure('deep groups', {[MODEL_FILE]: file}, /not the protocol buffer/);
  });

  test('lists in lists, as objects', async () => {
    const files = changed(doubled, (_, objects) => {
      const list = (nodeId: number): SavedObject => ({
        ...objects[0]!,
        children: [{localName: '0', nodeId}],
        kind: {$case: 'userObject', value: message(SavedUserObject, {identifier: 'trackable_list_wrapper'})},
      });
      const first = objects.length;
      objects[0]!.children.push({localName: 'lists', nodeId: first});
      for (let i = 0; i < 20_000; i++) objects.push(list(first + ((i + 1) % 20_000)));
    });
    const {refused, failures} = await attempt('deep lists', files);
    expect([refused, failures]).toEqual([undefined, []]);
  });
});

describe('functions', () => {
  test('that call each other in a circle', async () => {
    const circle = modelOf(
      vectorFunction('f', [callOf('call', 'g', 'x')], 'call:output:0'),
      vectorFunction('g', [callOf('call', 'f', 'x')], 'call:output:0'),
    );
    await expectFailure('f calls g calls f', makeModelFiles(circle), /deep/);
  });

  test('that call themselves', async () => {
    const self = modelOf(vectorFunction('f', [callOf('call', 'f', 'x')], 'call:output:0'));
    await expectFailure('f calls f', makeModelFiles(self), /deep/);
    const twice = [callOf('a', 'f', 'x'), callOf('b', 'f', 'a:output:0')];
    await expectFailure(
      'f calls f twice',
      makeModelFiles(modelOf(vectorFunction('f', twice, 'b:output:0'))),
      /deep/,
    );
    const named = [node('call', 'f', ['x'])];
    await expectFailure(
      'f is an op of f',
      makeModelFiles(modelOf(vectorFunction('f', named, 'call:y:0'))),
      /deep/,
    );
    const gradient = [
      node('call', 'SymbolicGradient', ['x'], {
        f: attr.func('f'),
        Tin: attr.types('float32'),
        Tout: attr.types('float32'),
      }),
    ];
    await attempt(
      'f is its gradient',
      makeModelFiles(modelOf(vectorFunction('f', gradient, 'call:output:0'))),
    );
  });

  test('whose condition or body is the function itself', async () => {
    const types = {
      T: attr.types('float32'),
      Tin: attr.types('float32'),
      Tout: attr.types('float32'),
      Tcond: attr.type('float32'),
    };
    for (const op of ['While', 'StatelessWhile']) {
      const loop = [node('loop', op, ['x'], {...types, cond: attr.func('f'), body: attr.func('f')})];
      await expectFailure(op, makeModelFiles(modelOf(vectorFunction('f', loop, 'loop:output:0'))), /deep/);
    }
    for (const op of ['If', 'StatelessIf']) {
      const branch = [
        node('if', op, ['x', 'x'], {...types, then_branch: attr.func('f'), else_branch: attr.func('f')}),
      ];
      await expectFailure(
        op,
        makeModelFiles(modelOf(vectorFunction('f', branch, 'if:output:0'))),
        /deep|condition|boolean|scalar/,
      );
    }
  });

  test('with edges in a circle', async () => {
    const nodes = [node('a', 'AddV2', ['x', 'b:z:0'], T), node('b', 'AddV2', ['x', 'a:z:0'], T)];
    await expectFailure('circle', makeModelFiles(modelOf(vectorFunction('f', nodes, 'b:z:0'))), /cycle/);
    const self = [node('a', 'AddV2', ['x', 'a:z:0'], T)];
    await expectFailure('loop', makeModelFiles(modelOf(vectorFunction('f', self, 'a:z:0'))), /cycle/);
    const controls = [node('a', 'AddV2', ['x', 'x', '^b'], T), node('b', 'AddV2', ['x', 'x', '^a'], T)];
    await expectFailure('controls', makeModelFiles(modelOf(vectorFunction('f', controls, 'b:z:0'))), /cycle/);
    const merge = [
      node('a', 'Merge', ['b:output:0', 'b:output:0'], {...T, N: attr.int(2)}),
      node('b', 'Merge', ['a:output:0', 'a:output:0'], {...T, N: attr.int(2)}),
    ];
    await expectFailure('merges', makeModelFiles(modelOf(vectorFunction('f', merge, 'b:output:0'))), /value/);
  });

  test('with nodes and edges that cannot be', async () => {
    const twice = node('twice', 'AddV2', ['x', 'x'], T);
    const cases: [string, NodeDef[], string, RegExp][] = [
      ['two nodes of a name', [twice, twice], 'twice:z:0', /two nodes of the name/],
      ['an argument as node', [twice, node('x', 'Identity', ['x'], T)], 'twice:z:0', /'x'|cycle/],
      ['an absent input', [node('twice', 'AddV2', ['x', 'absent:z:0'], T)], 'twice:z:0', /does not exist/],
      ['an absent control', [node('twice', 'AddV2', ['x', 'x', '^absent'], T)], 'twice:z:0', /^$/],
      ['an absent output', [twice], 'twice:nope:0', /has none/],
      ['a far output', [twice], 'twice:z:7', /outputs/],
      ['a very far output', [twice], 'twice:z:999999', /outputs/],
      ['an output that is no number', [twice], 'twice:z:x', /no number/],
      ['an absent node', [twice], 'absent:z:0', /does not exist/],
      ['too few inputs', [node('twice', 'AddV2', ['x'], T)], 'twice:z:0', /twice/],
      ['no inputs', [node('twice', 'MatMul', [], T)], 'twice:product:0', /twice/],
      ['an unknown op', [node('twice', 'NoSuchOp', ['x'])], 'twice:y:0', /NoSuchOp is not supported/],
      [
        'an attribute of another type',
        [node('twice', 'Cast', ['x'], {DstT: attr.int(1), SrcT: attr.int(1)})],
        'twice:y:0',
        /attribute 'SrcT' of node 'twice' \(Cast\) of function 'f' is a int, not a type/,
      ],
      ['no attribute', [node('twice', 'Cast', ['x'])], 'twice:y:0', /has no attribute/],
      [
        'a call of an absent function',
        [callOf('twice', 'absent', 'x')],
        'twice:output:0',
        /no function 'absent'/,
      ],
      [
        'a million outputs',
        [node('twice', 'Unpack', ['x'], {...T, num: attr.int(999_999), axis: attr.int(0)})],
        'twice:output:999998',
        /twice/,
      ],
      [
        '2^62 outputs',
        [node('twice', 'Unpack', ['x'], {...T, num: attr.int(2 ** 53 - 1)})],
        'twice:output:0',
        /twice/,
      ],
    ];
    for (const [what, nodes, from, words] of cases) {
      const files = makeModelFiles(modelOf(vectorFunction('f', nodes, from)));
      if (what === 'an absent control') await attempt(what, files);
      else await expectFailure(what, files, words);
    }
  });

  test('that claim far outputs of every node', async () => {
    const nodes = Array.from({length: 3000}, (_, i) =>
      node(`n${i}`, 'Identity', [i === 0 ? 'x' : `n${i - 1}:output:999999`], T),
    );
    await expectFailure(
      'far outputs',
      makeModelFiles(modelOf(vectorFunction('f', nodes, 'n2999:output:0'))),
      /outputs/,
    );
    expectLittleMemory();
  });

  test('that take more or fewer values than they are given', async () => {
    const inner = {...doubled.functions[0]!, name: 'inner'};
    const calls = [
      node('call', 'PartitionedCall', ['x', 'x'], {
        f: attr.func('inner'),
        Tin: attr.types('float32', 'float32'),
        Tout: attr.types('float32'),
      }),
      node('none', 'PartitionedCall', [], {
        f: attr.func('inner'),
        Tin: attr.types(),
        Tout: attr.types('float32'),
      }),
    ];
    for (const call of calls) {
      await expectFailure(
        'call',
        makeModelFiles(modelOf(vectorFunction('f', [call], `${call.name}:output:0`), inner)),
        /takes 1/,
      );
    }
    const files = changed({...doubled, variables: [{name: 'v', shape: [2]}]}, ({objectGraphDef}) => {
      objectGraphDef!.concreteFunctions.get('f')!.boundInputs = [1];
    });
    await expectFailure('bound to one too many', files, /takes 1/);
    const outputs = changed(doubled, ({objectGraphDef}) => {
      const trace = objectGraphDef!.concreteFunctions.get('f')!;
      const value = {values: Array.from({length: 3}, () => trace.outputSignature!)};
      trace.outputSignature = {kind: {$case: 'tupleValue', value}};
    });
    await expectFailure('three results', outputs, /fewer/);
  });

  test('that are not in the library, or of no trace', async () => {
    const absent = changed(doubled, ({graphDef}) => {
      graphDef!.library!.function = [];
    });
    await expectFailure('empty library', absent, /no function 'f'/);
    const untraced = changed(doubled, ({objectGraphDef}) => {
      objectGraphDef!.concreteFunctions.clear();
    });
    await expectFailure('no traces', untraced, /no concrete function 'f'/);
    const undecodable = changed(doubled, ({graphDef}) => {
      graphDef!.library!.function = [Uint8Array.of(0x0a, 3, 0x0a, 1, 0x66, 0xff)];
    });
    await expectFailure('cut function', undecodable, /not the protocol buffer/);
  });

  test('whose parameters are described by nonsense', async () => {
    const nonsense: SavedConcreteFunction['outputSignature'][] = [
      {kind: {$case: 'stringValue', value: 'x'}},
      {kind: {$case: 'int64Value', value: -(2n ** 63n)}},
      {kind: {$case: 'noneValue', value: {}}},
      {
        kind: {
          $case: 'listValue',
          value: {values: [{kind: undefined}, {kind: {$case: 'boolValue', value: true}}]},
        },
      },
    ];
    for (const [i, value] of nonsense.entries()) {
      for (const field of ['args', 'varargs', 'varkw', 'defaults', 'kwonlyargs', 'kwonlydefaults']) {
        const files = changed(doubled, (_, objects) => {
          const kind = objects.find((each) => each.kind?.$case === 'function')!.kind!;
          const spec = kind.$case === 'function' ? kind.value.functionSpec! : undefined;
          const full = spec!.fullargspec!.kind!;
          if (full.$case !== 'namedTupleValue') throw new Error('no spec');
          for (const each of full.value.values) if (each.key === field) each.value = value;
        });
        await attempt(`${field} number ${i}`, files);
      }
    }
  });
});

describe('tensors that claim to be huge', () => {
  const shapes: [string, bigint[]][] = [
    ['2 GiB', [2n ** 29n]],
    ['2 GiB less an element', [2n ** 29n - 1n]],
    ['1 GiB', [2n ** 28n]],
    ['2^40 elements', [2n ** 20n, 2n ** 20n]],
    ['2^62 elements', [2n ** 31n, 2n ** 31n]],
    ['2^126 elements', [2n ** 62n, 2n ** 31n, 2n ** 31n]],
    ['2^63 - 1 elements', [2n ** 63n - 1n]],
    ['fewer than none', [-1n]],
    ['2^53 - 1, none and 2^53 - 1 elements', [2n ** 53n - 1n, 0n, 2n ** 53n - 1n]],
  ];

  /** TensorShapeProto with sizes of any 64 bits. */
  function shapeBytes(sizes: readonly bigint[]): Uint8Array {
    return join(
      ...sizes.map((size) => {
        const dim = join(varint(0x08), varint(BigInt.asUintN(64, size)));
        return join(varint(0x12), varint(dim.length), dim);
      }),
    );
  }

  /** A `Const` node: dtype = 1, tensor_shape = 2, and the values. */
  function claiming(dtype: keyof typeof DTYPES, sizes: readonly bigint[], values: Uint8Array): NodeDef {
    const shape = shapeBytes(sizes);
    const tensor = join(
      varint(0x08),
      varint(DTYPES[dtype].enum),
      varint(0x12),
      varint(shape.length),
      shape,
      values,
    );
    const constant = node('constant', 'Const', [], {dtype: attr.type(dtype)});
    constant.attr.set('value', join(varint((8 << 3) | 2), varint(tensor.length), tensor));
    return constant;
  }

  test('constants', async () => {
    const float = join(varint((5 << 3) | 5), new Uint8Array(4));
    const text = join(varint((8 << 3) | 2), varint(1), new Uint8Array(1));
    const content = join(varint((4 << 3) | 2), varint(4), new Uint8Array(4));
    for (const [what, sizes] of shapes) {
      for (const [kind, dtype, values] of [
        ['one value', 'float32', float],
        ['no value', 'float32', new Uint8Array(0)],
        ['four bytes', 'float32', content],
        ['one string', 'string', text],
        ['no string', 'string', new Uint8Array(0)],
        ['no bool', 'bool', new Uint8Array(0)],
        ['no half', 'float16', new Uint8Array(0)],
        ['no complex', 'complex128', new Uint8Array(0)],
      ] as const) {
        const nodes = [
          claiming(dtype, sizes, values),
          node('shape', 'Shape', ['constant:output:0'], {T: attr.type(dtype)}),
        ];
        const made = vectorFunction(
          'f',
          [
            ...nodes,
            node('y', 'Cast', ['shape:output:0'], {SrcT: attr.type('int32'), DstT: attr.type('float32')}),
          ],
          'y:y:0',
        );
        await attempt(`${kind} of ${what}`, makeModelFiles(modelOf(made)));
        expectLittleMemory();
      }
    }
  });

  test('variables', async () => {
    for (const [what, sizes] of shapes) {
      const shape = shapeBytes(sizes);
      const files = changed({...doubled, variables: [{name: 'v', shape: [2]}]}, (_, objects) => {
        const {kind} = objects.find((each) => each.kind?.$case === 'variable')!;
        if (kind?.$case !== 'variable') return;
        kind.value.shape = undefined;
        kind.value._unknownFields = {[(2 << 3) | 2]: [join(varint(shape.length), shape)]};
      });
      await attempt(what, files);
      expectLittleMemory();
    }
  });
});

describe('objects', () => {
  const far = [-1, 1_000_000, 2 ** 31 - 1];

  test('with children, bound inputs and functions that do not exist', async () => {
    for (const id of far) {
      await expectFailure(
        'child',
        changed(doubled, (_, [root]) => root!.children.push({localName: 'far', nodeId: id})),
        /does not exist/,
      );
      await attempt(
        'dependency',
        changed(doubled, (_, [root]) => root!.dependencies.push({localName: 'far', nodeId: id})),
      );
      await attempt(
        'slot',
        changed(doubled, (_, [root]) =>
          root!.slotVariables.push({originalVariableNodeId: id, slotName: 'm', slotVariableNodeId: id}),
        ),
      );
      await attempt(
        'saveable',
        changed(doubled, (_, [root]) =>
          root!.saveableObjects.set('s', {saveFunction: id, restoreFunction: id}),
        ),
      );
      await expectFailure(
        'bound input',
        changed(doubled, ({objectGraphDef}) => {
          objectGraphDef!.concreteFunctions.get('f')!.boundInputs = [id];
        }),
        /no object number/,
      );
    }
  });

  test('bound to what is no value', async () => {
    for (let id = 0; id < 4; id++) {
      const files = changed({...doubled, signatures: {serving_default: 'f'}}, ({objectGraphDef}) => {
        objectGraphDef!.concreteFunctions.get('f')!.boundInputs = [id];
      });
      await expectFailure(`object ${id}`, files, /./);
    }
  });

  test('that need themselves to be created', async () => {
    const files = changed(doubled, ({objectGraphDef}, objects) => {
      objects[0]!.children.push(
        {localName: '_create_resource', nodeId: 1},
        {localName: '_initialize', nodeId: 1},
      );
      objectGraphDef!.concreteFunctions.get('f')!.boundInputs = [0];
    });
    await expectFailure('resource', files, /itself/);
  });

  test('whose creator creates nothing, or is no function', async () => {
    const silent = {name: 'silent', inputs: [], nodes: [], outputs: []};
    const files = changed(
      {functions: [...doubled.functions, silent], methods: {__call__: 'f', _create_resource: 'silent'}},
      ({objectGraphDef}) => {
        objectGraphDef!.concreteFunctions.get('f')!.boundInputs = [0];
      },
    );
    await expectFailure('silent creator', files, /creates no resource/);
    const object = changed(doubled, ({objectGraphDef}, objects) => {
      objects[0]!.children.push({localName: '_create_resource', nodeId: 0});
      objectGraphDef!.concreteFunctions.get('f')!.boundInputs = [0];
    });
    await expectFailure('creator that is an object', object, /without a way to create it/);
  });

  test('whose root is none', async () => {
    const none = changed(doubled, ({objectGraphDef}) => {
      objectGraphDef!.nodes = [];
    });
    await attempt('no objects', none);
    for (const kind of [undefined, 'function', 'variable', 'list', 'dict', 'constant', 'asset'] as const) {
      const files = changed(doubled, ({objectGraphDef}, objects) => {
        const [root] = objects;
        if (kind === 'function')
          objectGraphDef!.nodes = [objects.find((each) => each.kind?.$case === 'function')!];
        else if (kind === 'list' || kind === 'dict') {
          root!.kind = {
            $case: 'userObject',
            value: message(SavedUserObject, {identifier: `trackable_${kind}_wrapper`}),
          };
        } else if (kind === 'variable') {
          root!.kind = {
            $case: 'variable',
            value: {
              name: 'v',
              dtype: 1,
              shape: undefined,
              trainable: true,
              synchronization: 0,
              aggregation: 0,
              device: '',
              experimentalDistributedVariableComponents: [],
            },
          };
        } else if (kind === 'constant') root!.kind = {$case: 'constant', value: {operation: 'absent'}};
        else if (kind === 'asset') root!.kind = {$case: 'asset', value: {assetFileDefIndex: -1}};
        else root!.kind = undefined;
      });
      await attempt(`root ${kind}`, files);
    }
  });

  test('that are lists with places far apart', async () => {
    for (const place of ['4294967294', '99999999999999999999', '1000000000', '-1', '007', '1e3']) {
      const files = changed(doubled, (_, objects) => {
        objects[0]!.children.push({localName: 'list', nodeId: objects.length});
        objects.push({
          ...objects[0]!,
          children: [{localName: place, nodeId: 1}],
          kind: {
            $case: 'userObject',
            value: message(SavedUserObject, {identifier: 'trackable_list_wrapper'}),
          },
        });
      });
      await attempt(`place ${place}`, files);
    }
    expectLittleMemory();
  });

  test('with names that mean something to JavaScript', async () => {
    for (const name of ['__proto__', 'constructor', 'then', 'toString', 'variables', 'dispose', '', 'get']) {
      const files = changed(
        {...doubled, methods: {__call__: 'f', [name]: 'f'}, signatures: {[name]: 'f'}},
        () => {},
      );
      const {refused} = await attempt(`attribute ${name}`, files);
      expect(refused).toBeUndefined();
    }
  });

  test('that are assets which the model does not have', async () => {
    for (const index of far) {
      const files = changed(doubled, (_, objects) => {
        objects[0]!.children.push({localName: 'asset', nodeId: objects.length});
        objects.push({
          ...objects[0]!,
          children: [],
          kind: {$case: 'asset', value: {assetFileDefIndex: index}},
        });
      });
      await expectFailure(`asset ${index}`, files, /asset/);
    }
  });
});

describe('signatures of TensorFlow 1', () => {
  const files = fixtureFiles('v1_tables');

  function withSignature(change: (metaGraph: MetaGraphDef) => void): Files {
    const saved = decodeMessage(SavedModel, files[MODEL_FILE]!, 'the fixture');
    change(saved.metaGraphs[0]!);
    return withFile(files, MODEL_FILE, encodeMessage(SavedModel, saved));
  }

  test('that name tensors which are not there', async () => {
    for (const name of [
      'absent:0',
      'absent',
      '',
      ':0',
      'words:x',
      'words:-1',
      'words:1.5',
      'words:7',
      'words:999999',
      'words:1e9',
      '^words',
    ]) {
      for (const side of ['inputs', 'outputs'] as const) {
        const damaged = withSignature(({signatureDef}) => {
          for (const info of signatureDef.get('serving_default')![side].values()) {
            info.encoding = {$case: 'name', value: name};
          }
        });
        await attempt(`${side} named ${name}`, damaged);
      }
    }
    expectLittleMemory();
  });

  test('whose graph has a circle, or nodes of one name', async () => {
    const circle = withSignature(({graphDef}) => {
      const target = graphDef!.node.find(({input}) => input.length > 0)!;
      target.input[0] = target.name;
    });
    await attempt('circle', circle);
    const same = withSignature(({graphDef}) => graphDef!.node.push(graphDef!.node[0]!));
    await expectFailure('same names', same, /two nodes of the name/);
    const edge = withSignature(({graphDef}) => {
      graphDef!.node.at(-1)!.input.unshift('words:99999999999');
    });
    await expectFailure('far output', edge, /words|output/);
  });
});

test('a saver that lacks inputs', async () => {
  const files = fixtureFiles('v1_tables');
  for (const inputs of [0, 1, 2]) {
    const saved = decodeMessage(SavedModel, files[MODEL_FILE]!, 'the fixture');
    const restore = saved.metaGraphs[0]!.graphDef!.node.find(({op}) => op === 'RestoreV2')!;
    restore.input = restore.input.slice(0, inputs);
    await expectFailure(
      `${inputs} inputs`,
      withFile(files, MODEL_FILE, encodeMessage(SavedModel, saved)),
      /./,
    );
  }
});

test('counts', () => {
  const total = counts.refused + counts.failed + counts.worked;
  const grown = Math.max(0, process.memoryUsage.rss() - memoryBefore) / 1e6;
  console.log(
    `${total} damaged models: ${counts.refused} refused, ${counts.failed} loaded and failed in a part, ` +
      `${counts.worked} worked; slowest ${slowest.milliseconds.toFixed(0)} ms (${slowest.what}), ` +
      `${grown.toFixed(0)} MB more memory`,
  );
  expect(total).toBeGreaterThan(10_000);
});
