/** Functions as ONNX models: the files run by ONNX Runtime's public interface, beside the interpreter. */

import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as ort from 'onnxruntime-node';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {CallError, SaveError, UnsupportedOpError} from '../../errors.js';
import {DTYPES, type DType, dtypeInfo, type NumericArray} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import type {HostTensor} from '../../host/tensor.js';
import {type HostData, numbersAs, sizeOf} from '../../host/tensor.js';
import {bytesOf, decodeTensorBytes, encodeTensorBytes} from '../../host/tensor_bytes.js';
import {runtimeType} from '../../onnx/dtypes.js';
import {memoryDirectory} from '../../platform/memory.js';
import {ModelProto} from '../../proto/generated/onnx/onnx-ml.js';
import {encodeMessage, type MetaGraphDef, SavedModel, SignatureDef, TensorProto} from '../../proto/index.js';
import {Value} from '../../tensors/value.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import type {ConcreteFunction} from '../load/concrete_function.js';
import {loadModel} from '../load/load.js';
import type {RestoredFunction} from '../load/restored_function.js';
import {loadFixture} from '../testing/fixtures.js';
import {attr, constant, type ModelToMake, makeSavedModel, message, node} from '../testing/make_model.js';
import {
  type ExportedOnnx,
  type ExportOnnxOptions,
  exportOnnx,
  exportWithin,
  type OnnxSource,
} from './export_onnx.js';
import {namedFunction} from './ports.js';

beforeAll(quietCpuBackend);

const scratch = mkdtempSync(join(tmpdir(), 'tfhub-onnx-'));
afterAll(() => rmSync(scratch, {recursive: true, force: true}));

let count = 0;
/** A file that is not there yet. */
const newFile = (): string => join(scratch, `model${count++}.onnx`);

/** Small numbers that are good for everything: rows of tables, and values around 0 where they may be. */
function example(dtype: DType, shape: PartialShape, size: number, seed: number): HostTensor {
  const known = (shape ?? [null, 3]).map((dim) => dim ?? size);
  const isFloat = dtypeInfo(dtype).kind === 'float';
  const element = (i: number) => {
    const noise = Math.abs(Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453) % 1;
    return isFloat ? Math.fround(Math.round((3 * noise - 1) * 64) / 64) : Math.floor(2 * noise);
  };
  const values = Array.from({length: sizeOf(known)}, (_, i) => element(i));
  return {dtype, shape: known, data: numbersAs(dtype, values)};
}

/** As ONNX Runtime's public interface takes tensors: half floats are patterns of bits. */
function fed({dtype, shape, data}: HostTensor): ort.Tensor {
  const elements = dtype === 'float16' ? patternsOf(data) : data;
  return new ort.Tensor(runtimeType(dtype) as 'float32', elements as Float32Array, shape);
}

function patternsOf(halves: HostData): Uint16Array {
  const bytes = encodeTensorBytes('float16', halves);
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

function given({dims, data}: ort.Tensor, dtype: DType): HostTensor {
  const elements = data as unknown as NumericArray;
  const isHalf = dtype === 'float16';
  return {
    dtype,
    shape: dims,
    data: isHalf ? decodeTensorBytes(dtype, bytesOf(elements), elements.length) : elements,
  };
}

/** What the interpreter computes: the flat results. */
function interpreted(concrete: ConcreteFunction, inputs: readonly HostTensor[]): HostTensor[] {
  return concrete.callFlat(inputs.map(Value.of), (results) =>
    results.map((value) => ({dtype: value.dtype, shape: [...value.shape], data: value.numeric().slice()})),
  );
}

const TOLERANCES: Partial<Record<DType, number>> = {float32: 1e-5, float64: 1e-12, float16: 2e-3};

function compare(found: HostTensor, expected: HostTensor, what: string): void {
  const {dtype, shape} = expected;
  expect({dtype: found.dtype, shape: found.shape}, what).toEqual({dtype, shape});
  const [a, b] = [found, expected].map((each) => Array.from(each.data as ArrayLike<number>, Number));
  const tolerance = TOLERANCES[dtype] ?? 0;
  const wrong = a!.findIndex(
    (x, i) => !(Math.abs(x - b![i]!) <= tolerance * (1 + Math.abs(b![i]!)) || Object.is(x, b![i])),
  );
  expect(wrong < 0 ? '' : `${what}: element ${wrong} is ${a![wrong]} in place of ${b![wrong]}`).toBe('');
}

/** Writes a source, and holds what the file computes against the interpreter, for each of several sizes of what is open. */
async function roundTrip(
  source: OnnxSource,
  options: ExportOnnxOptions = {},
  write = (file: string) => exportOnnx(source, file, options),
): Promise<{readonly exported: ExportedOnnx; readonly file: string}> {
  const file = newFile();
  const exported = await write(file);
  const {concrete} = namedFunction(source);
  const session = await ort.InferenceSession.create(file);
  expect(session.inputNames).toEqual(exported.inputs.map(({name}) => name));
  expect(session.outputNames).toEqual(exported.outputs.map(({name}) => name));
  for (const [seed, size] of [1, 2, 5].entries()) {
    const inputs = exported.inputs.map(({dtype, shape}, i) => example(dtype, shape, size, seed * 7 + i));
    const expected = interpreted(concrete, inputs);
    const results = await session.run(
      Object.fromEntries(exported.inputs.map(({name}, i) => [name, fed(inputs[i]!)])),
    );
    for (const [i, {name, dtype}] of exported.outputs.entries())
      compare(given(results[name]!, dtype), expected[i]!, `${name} of size ${size}`);
  }
  await session.release();
  return {exported, file};
}

/** Signatures of models of all formats. */
const SIGNATURES = [
  'attention serving_default',
  'batch_norm_keras serving_default',
  'cnn serving_default',
  'hub_image_feature_vector serving_default',
  'hyperparameters serving_default',
  'keras3_functional_tfnew serving_default',
  'keras3_whole_tfnew serving_default',
  'named_inputs serving_default',
  'odd_names serving_default',
  'odd_names one',
  'partitioned_variable serving_default',
  'signatures_only serving_default',
  'signatures_only nothing',
  'subclassed_model serving_default',
  'v1_convolutions serving_default',
  'v1_hub_partitioned default',
  'v1_partitioned product',
  'v1_reference_variables classes',
  'v1_reference_variables serving_default',
  'v1_resource_variables serving_default',
  'v1_sharded serving_default',
  'wide_integers serving_default',
];

describe('a signature as an ONNX model', () => {
  it.each(SIGNATURES)('%s', async (title) => {
    const [name, signature] = title.split(' ') as [string, string];
    const model = await loadFixture(name);
    const {inputs, outputs} = model.signatures[signature]!;
    const {exported} = await roundTrip(model.signatures[signature]!);
    // By the names that the file has.
    expect(new Set(exported.inputs.map((each) => each.name))).toEqual(new Set(Object.keys(inputs)));
    for (const {name: own, dtype} of exported.inputs) expect(dtype).toBe(inputs[own]!.dtype);
    expect(exported.outputs).toHaveLength(Object.keys(outputs).length);
    expect(exported.domains).toEqual([]);
    model.dispose();
  });
});

/** Functions with loops, branches, nests, other dtypes, and constants that they capture. */
const FUNCTIONS = [
  'lstm lstm',
  'lstm both',
  'gru gru',
  'conditionals choose',
  'conditionals switch',
  'loops newton',
  'loops nested',
  'half_precision half',
  'captured_constants project',
  'captured_constants constant',
];

const functionOf = (model: object, name: string) => (model as Record<string, RestoredFunction>)[name]!;

describe('a function as an ONNX model', () => {
  it.each(FUNCTIONS)('%s', async (title) => {
    const [name, path] = title.split(' ') as [string, string];
    const model = await loadFixture(name);
    await roundTrip(functionOf(model, path));
    model.dispose();
  });

  it('keeps the dtypes of TensorFlow', async () => {
    const model = await loadFixture('half_precision');
    const {exported} = await roundTrip(functionOf(model, 'half'));
    expect(exported.inputs).toEqual([{name: 'x', dtype: 'float16', shape: [null, 4]}]);
    expect(exported.outputs.map(({dtype}) => dtype)).toContain('float16');
    model.dispose();
  });

  it('calls what is in nests by paths, and is one trace', async () => {
    const model = await loadFixture('dict_in_dict_out');
    const call = functionOf(model, '__call__');
    await expect(exportOnnx(call, newFile())).rejects.toThrowWithMessage(CallError, /has 2 traces/);
    const {exported} = await roundTrip(call.concreteFunctions[1]!);
    expect(exported.inputs.map(({name}) => name)).toEqual(['inputs_x', 'inputs_y']);
    expect(exported.outputs.map(({name}) => name)).toEqual(['delta', 'sigma']);
    model.dispose();
  });

  it('has a shape that the caller says where the function says none', async () => {
    const model = await loadFixture('assertions');
    const three = functionOf(model, 'three');
    await expect(exportOnnx(three, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /1 EnsureShape: a rank is not known/,
    );
    const {exported} = await roundTrip(three, {shapes: {x: [null, 3]}});
    expect(exported.inputs[0]!.shape).toEqual([null, 3]);
    const wrong = (shapes: Record<string, PartialShape>) =>
      exportOnnx(functionOf(model, 'positive'), newFile(), {shapes});
    await expect(wrong({y: [1]})).rejects.toThrowWithMessage(CallError, /no input 'y'; it has: x/);
    await expect(wrong({x: [1, 2]})).rejects.toThrowWithMessage(CallError, /is never \(1, 2\)/);
    model.dispose();
  });

  it('has the values that variables have when it is written', async () => {
    const model = await loadFixture('mymul');
    const signature = model.signatures.serving_default!;
    const {exported, file} = await roundTrip(signature, {shapes: {x: [null]}});
    const read = () =>
      ModelProto.decode(readFileSync(file)).graph!.initializer.map(({name, rawData}) => ({
        name,
        bytes: [...rawData!],
      }));
    const [before] = read();
    // Under the name that it has in TensorFlow.
    expect(before!.name).toBe('v');
    model.variables[0]!.assign(model.variables[0]!.mul(2) as never);
    await exportOnnx(signature, file, {overwrite: true});
    expect(read()[0]!.bytes).not.toEqual(before!.bytes);
    expect(exported.inputs[0]!.name).toBe('x');
    await roundTrip(signature);
    model.dispose();
  });
});

describe('names and defaults', () => {
  const T = {T: attr.type('float32')};
  const port = (name: string) => ({name, dtype: 'float32', shape: [null]}) as const;

  /** Twice `n2/0` plus `const0`, and `n2/0` as it came, all called as tensors of the compiler are or as each other. */
  const MODEL: ModelToMake = {
    functions: [
      {
        name: 'f',
        inputs: [port('const0'), port('n2/0')],
        nodes: [
          constant('two', 'float32', [], [2]),
          node('twice', 'Mul', ['n2/0', 'two:output:0'], T),
          node('sum', 'AddV2', ['twice:z:0', 'const0'], T),
        ],
        outputs: [
          {...port('again'), from: 'sum:z:0'},
          {...port('n2/0'), from: 'sum:z:0'},
          {...port('same'), from: 'n2/0'},
        ],
      },
      {
        name: 'g',
        inputs: [{name: 'text', dtype: 'string', shape: []}, port('x')],
        nodes: [node('twice', 'AddV2', ['x', 'x'], T)],
        outputs: [{...port('y'), from: 'twice:z:0'}],
      },
    ],
    signatures: {serving_default: 'f', texts: 'g'},
  };

  async function made(change: (metaGraph: MetaGraphDef) => void = () => undefined) {
    const saved = makeSavedModel(MODEL);
    change(saved.metaGraphs[0]!);
    return loadModel(memoryDirectory({'saved_model.pb': encodeMessage(SavedModel, saved)}));
  }

  it('are kept apart from those of the compiler, and outputs from inputs', async () => {
    const model = await made();
    const {exported} = await roundTrip(model.signatures.serving_default!);
    expect(exported.inputs.map(({name}) => name)).toEqual(['const0', 'n2/0']);
    expect(exported.outputs.map(({name}) => name)).toEqual(['again', 'n2/0_1', 'same']);
  });

  it('of inputs that need not be given are initializers', async () => {
    const preset = message(TensorProto, {
      dtype: DTYPES.float32.enum,
      tensorShape: {dim: [{size: 1, name: ''}], unknownRank: false},
      floatVal: [10],
    });
    const model = await made((metaGraph) => {
      metaGraph.signatureDef.set(
        'serving_default',
        message(SignatureDef, {defaults: new Map([['const0', preset]])}),
      );
    });
    const file = newFile();
    await exportOnnx(model.signatures.serving_default!, file);
    const session = await ort.InferenceSession.create(file, {logSeverityLevel: 3});
    const {again} = await session.run({'n2/0': new ort.Tensor('float32', [1, 2], [2])});
    expect([...(again!.data as Float32Array)]).toEqual([12, 14]);
  });

  it('of an input that nothing reads and ONNX has no numbers for are an error', async () => {
    const model = await made();
    await expect(exportOnnx(model.signatures.texts!, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /'text' is string/,
    );
  });
});

describe('what cannot be written', () => {
  it('is told with all ops that have no counterpart, and leaves no file', async () => {
    const model = await loadFixture('text_table');
    const file = newFile();
    const failure = exportOnnx(model.signatures.serving_default!, file);
    await expect(failure).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /cannot be written as ONNX: there is no exact counterpart for \d+ of its \d+ nodes[\s\S]*\n {2}1 LookupTableFindV2: has no ONNX rule \('.*' in function '.*'\)[\s\S]*StringLower/,
    );
    expect(existsSync(file)).toBe(false);
    model.dispose();
  });

  it('are effects', async () => {
    const model = await loadFixture('training_step');
    await expect(exportOnnx(model.signatures.serving_default!, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /ReadVariableOp: the variable is assigned in the same call[\s\S]*AssignVariableOp: has no/,
    );
    const printing = functionOf(await loadFixture('assertions'), 'printed');
    await expect(exportOnnx(printing, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /1 PrintV2: has no/,
    );
    model.dispose();
  });

  it('are assertions that may not hold, unless they are left out', async () => {
    const model = await loadFixture('assertions');
    const positive = functionOf(model, 'positive');
    await expect(exportOnnx(positive, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /1 If: asserts what may not hold; {dropAssertions: true} \(--drop-assertions\) leaves it out/,
    );
    const file = newFile();
    await exportOnnx(positive, file, {dropAssertions: true});
    const session = await ort.InferenceSession.create(file);
    const {output_0: logs} = await session.run({x: new ort.Tensor('float32', [1, -1], [2])});
    expect([...(logs!.data as Float32Array)]).toEqual([0, Number.NaN]);
    // Nothing else is left out.
    await expect(
      exportOnnx(functionOf(model, 'printed'), newFile(), {dropAssertions: true}),
    ).rejects.toThrowWithMessage(UnsupportedOpError, /PrintV2/);
    model.dispose();
  });

  it('is control flow of TensorFlow 1, and a variable as such', async () => {
    const model = await loadFixture('v1_control_flow');
    await expect(exportOnnx(model.signatures.chosen!, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /it has control flow of TensorFlow 1/,
    );
    const {count: counting} = (await loadFixture('v1_reference_outputs')).signatures;
    await expect(exportOnnx(counting!, newFile())).rejects.toThrowWithMessage(
      UnsupportedOpError,
      /VariableV2: is a result, and leads to a variable/,
    );
    model.dispose();
  });
});

describe('the files of an ONNX model', () => {
  const initializers = (file: string) => ModelProto.decode(readFileSync(file)).graph!.initializer;
  const facts = (file: string) =>
    initializers(file).flatMap(({name, externalData, dims}) =>
      externalData.length === 0
        ? []
        : [{name, dims, ...Object.fromEntries(externalData.map(({key, value}) => [key!, value!]))}],
    ) as {name: string; dims: number[]; location: string; offset: string; length: string}[];

  it('are two where that is asked for: aligned bytes that the model points to', async () => {
    const model = await loadFixture('efficientnet');
    const {exported, file} = await roundTrip(functionOf(model, '__call__'), {externalData: true});
    expect(exported.dataBytes).toBe(statSync(`${file}.data`).size);
    expect(exported.bytes).toBe(statSync(file).size);
    const external = facts(file);
    expect(external.map(({name}) => name)).toContain('top_conv/kernel');
    for (const {location, offset, length} of external) {
      expect(location).toBe(file.slice(scratch.length + 1).concat('.data'));
      expect(Number(offset) % 4096).toBe(0);
      expect(Number(offset) + Number(length)).toBeLessThanOrEqual(exported.dataBytes);
    }
    model.dispose();
  });

  it('are two where one would be larger than its readers take', async () => {
    const model = await loadFixture('efficientnet');
    const call = functionOf(model, '__call__');
    const {exported: one} = await roundTrip(call);
    expect(one.dataBytes).toBe(0);
    const within = (bytes: number) => (file: string) => exportWithin(call, file, {}, bytes);
    expect((await roundTrip(call, {}, within(one.bytes))).exported.dataBytes).toBe(0);
    const {exported: two, file} = await roundTrip(call, {}, within(one.bytes - 1));
    expect(two.bytes).toBeLessThan(one.bytes);
    expect(facts(file).length).toBeGreaterThan(0);
    model.dispose();
  });

  it('replace others only when that is asked for, and then all of the old model', async () => {
    const model = await loadFixture('captured_constants');
    const project = functionOf(model, 'project');
    const file = newFile();
    await exportOnnx(project, file, {externalData: true});
    const data = readFileSync(`${file}.data`);
    await expect(exportOnnx(project, file)).rejects.toThrowWithMessage(SaveError, /Pass {overwrite: true}/);
    expect(readFileSync(`${file}.data`)).toEqual(data);
    await exportOnnx(project, file, {overwrite: true});
    expect(existsSync(`${file}.data`)).toBe(false);
    // A file that would be in the way of the data is not replaced either.
    const other = newFile();
    writeFileSync(`${other}.data`, 'mine');
    await expect(exportOnnx(project, other, {externalData: true})).rejects.toThrowWithMessage(
      SaveError,
      /\.data'/,
    );
    expect(existsSync(other)).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.startsWith('.'))).toEqual([]);
    model.dispose();
  });

  it('say the versions and the open sizes', async () => {
    const model = await loadFixture('cnn');
    const {file, exported} = await roundTrip(model.signatures.serving_default!);
    const {irVersion, opsetImport, graph} = ModelProto.decode(readFileSync(file));
    expect({
      irVersion,
      opsetImport: opsetImport.map(({domain, version}) => ({domain, version})),
    }).toMatchObject({
      irVersion: 10n,
      opsetImport: [{version: 21n}],
    });
    expect({opset: exported.opset, irVersion: exported.irVersion}).toEqual({opset: 21, irVersion: 10});
    const {value} = graph!.input[0]!.type!;
    const dims = value?.$case === 'tensorType' ? value.value.shape!.dim.map((dim) => dim.value?.$case) : [];
    expect(dims).toEqual(['dimParam', 'dimValue', 'dimValue', 'dimValue']);
    model.dispose();
  });
});
