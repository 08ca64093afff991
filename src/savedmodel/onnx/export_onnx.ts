/**
 * Writing a function of a loaded model as an ONNX model.
 *
 * @module
 */

import {type LoweredRun, lowerRun} from '../../compile/export.js';
import {CallError, UnsupportedOpError} from '../../errors.js';
import {flattenTensors} from '../../graph/nest.js';
import type {DType} from '../../host/dtypes.js';
import {formatShape, mergeShapes, type PartialShape} from '../../host/shape.js';
import type {OnnxTensor} from '../../onnx/builder.js';
import {hasOnnxType} from '../../onnx/dtypes.js';
import {domainsOf, IR_VERSION, OPSET} from '../../onnx/encode.js';
import {
  bodiesOf,
  namesRead,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxPort,
  renamedNodes,
} from '../../onnx/graph.js';
import {dataFile, type FileContent, modelFile, type StoredTensor} from '../../onnx/model_stream.js';
import {writeFiles} from '../../platform/output.js';
import type {OutputDirectory} from '../../platform/platform.js';
import {type CheckpointInDirectory, placeToWrite} from '../checkpoint/path.js';
import {declaredFor} from '../load/known_arguments.js';
import {storedTensor, variableOf} from './initializers.js';
import {distinct, type NamedFunction, namedFunction, type OnnxSource} from './ports.js';

export type {OnnxSource};

/** How to write an ONNX model. */
export interface ExportOnnxOptions {
  /** Replace a file that is there. Default false. */
  readonly overwrite?: boolean;
  /**
   * Write the variables and large constants to a file beside the model, of the model's name with `.data` after it, which can be mapped into memory.
   * Default: where the model would be 2 GB or more, which no reader of protobuf takes.
   */
  readonly externalData?: boolean;
  /**
   * Leave out assertions of which nobody knows before a call whether they hold: what they would refuse, the model computes something for.
   * Default false: such a function is not written.
   */
  readonly dropAssertions?: boolean;
  /**
   * By input, its shape where the function tells less of it, null for a dimension that may be of any size: `{x: [null, 3]}`. Where a rank is
   * not known, few ops have an exact counterpart.
   */
  readonly shapes?: Readonly<Record<string, PartialShape>>;
}

/** A tensor that an ONNX model takes or gives. */
export interface OnnxModelTensor {
  readonly name: string;
  readonly dtype: DType;
  /** null where the rank is unknown, null in place of an unknown dimension. */
  readonly shape: PartialShape;
}

/** What was written. */
export interface ExportedOnnx {
  readonly inputs: readonly OnnxModelTensor[];
  readonly outputs: readonly OnnxModelTensor[];
  /** How many ops of ONNX the graph has; those in bodies of loops and branches count with the loop or branch. */
  readonly nodes: number;
  /** Versions of ONNX's ops and of the file format. */
  readonly opset: number;
  readonly irVersion: number;
  /** Sets of ops beside ONNX's own that a runtime must have. */
  readonly domains: readonly string[];
  /** Bytes of the model file, and of the one beside it; the latter 0 where there is none. */
  readonly bytes: number;
  readonly dataBytes: number;
}

/** Protobuf, of which ONNX files are made, counts with 31 bits. */
const MOST_BYTES = 2 ** 31 - 1;

/** Smaller tensors stay in the model. */
const INLINE_BYTES = 1024;

/** The file beside a model that has its tensors. */
const dataName = (name: string): string => `${name}.data`;

/**
 * Writes a function as an ONNX model that any ONNX Runtime computes the same with (from 1.18 on). Variables have the values that they have now.
 *
 * Inputs and outputs have the names, dtypes and shapes of the signature; sizes that are not known stay open. All that it computes must have an
 * exact counterpart in ONNX: strings, tables, ragged tensors, random numbers and assignments have none. The files appear once they are whole.
 *
 * @param source - a signature, a function with one trace, or a trace: `model.signatures.serving_default`
 * @param target - a path such as `out/model.onnx`, or a directory and a name in it
 * @throws UnsupportedOpError where something has no counterpart, with all ops that have none and why.
 * @throws CallError for a function of several traces, and `shapes` that no input has.
 * @throws SaveError when there is a file that is not to be replaced, or it cannot be written.
 * @example
 * const {inputs} = await hub.savedModel.exportOnnx(model.signatures.serving_default, 'model.onnx');
 */
export function exportOnnx(
  source: OnnxSource,
  target: string | CheckpointInDirectory,
  options: ExportOnnxOptions = {},
): Promise<ExportedOnnx> {
  return exportWithin(source, target, options, MOST_BYTES);
}

/** {@link exportOnnx}, for readers that take models of at most so many bytes. */
export async function exportWithin(
  source: OnnxSource,
  target: string | CheckpointInDirectory,
  {overwrite = false, externalData = false, dropAssertions, shapes = {}}: ExportOnnxOptions,
  mostBytes: number,
): Promise<ExportedOnnx> {
  const named = namedFunction(source);
  const {concrete} = named;
  const args = declaredFor(concrete, inputShapes(named, shapes));
  const what = `function '${concrete.name}'`;
  const lowered = lowerRun(concrete.runs, args, concrete.runtime.library, what, {dropAssertions});
  const {graph, tensors} = onnxGraph(named, lowered);
  const {directory, name} = await placeToWrite(target);
  const small = tensors.filter(({length}) => length <= INLINE_BYTES);
  const large = tensors.filter(({length}) => length > INLINE_BYTES);
  const whole = modelFile(graph, tensors);
  const isApart = large.length > 0 && (externalData || whole.length > mostBytes);
  const data = isApart ? dataFile(large, dataName(name)) : undefined;
  const model =
    data === undefined
      ? whole
      : modelFile({...graph, initializers: [...graph.initializers, ...data.initializers]}, small);
  await writeFiles(
    directory,
    async (output) => {
      // The model is of no use without its data: that is there first.
      if (data !== undefined) await writeFile(output, dataName(name), data);
      await writeFile(output, name, model);
    },
    {overwrite},
  );
  // What a model that was replaced had.
  if (overwrite && data === undefined) await directory.remove(dataName(name));
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    nodes: graph.nodes.length,
    opset: OPSET,
    irVersion: Number(IR_VERSION),
    domains: [...domainsOf(graph)].filter((domain) => domain !== ''),
    bytes: model.length,
    dataBytes: data?.length ?? 0,
  };
}

async function writeFile(output: OutputDirectory, name: string, content: FileContent): Promise<void> {
  const file = await output.createFile(name);
  for (const piece of content.pieces()) await file.write(piece);
  await file.close();
}

/** By flat input, the shape that the caller says. */
function inputShapes(
  {concrete, inputs}: NamedFunction,
  shapes: Readonly<Record<string, PartialShape>>,
): PartialShape[] {
  for (const [name, shape] of Object.entries(shapes)) {
    const input = inputs.indexOf(name);
    if (input < 0)
      throw new CallError(
        `'${concrete.name}' has no input '${name}'; it has: ${inputs.join(', ') || 'none'}`,
      );
    const declared = concrete.flatInputs[input]!.shape;
    if (mergeShapes(declared, shape) === undefined)
      throw new CallError(
        `input '${name}' is ${formatShape(declared)}, which is never ${formatShape(shape)}`,
      );
  }
  return inputs.map((name) => (Object.hasOwn(shapes, name) ? shapes[name]! : null));
}

/** The graph, and the tensors that it has besides. */
function onnxGraph(
  named: NamedFunction,
  lowered: LoweredRun,
): {readonly graph: OnnxGraph; readonly tensors: readonly StoredTensor[]} {
  const {concrete} = named;
  const inputs = named.inputs.map((name, i) => port(name, lowered.inputs[i]!, null));
  const declared = flattenTensors(concrete.outputs);
  const outputNames = distinct(named.outputs, named.inputs);
  const outputs = lowered.outputs.map((tensor, i) =>
    port(outputNames[i]!, tensor, declared[i]?.shape ?? null),
  );
  const variables = lowered.variables.map((each) => variableOf(each, concrete, lowered.graph));
  const {rename, identities} = namesFor(lowered, inputs, outputs, variables);
  const tensors = [
    ...lowered.constants.map((each) => storedTensor(rename(each.name), each)),
    ...variables.map(({stored}, i) => ({...stored, name: rename(lowered.variables[i]!.name)})),
  ];
  const graph: OnnxGraph = {
    name: concrete.name,
    nodes: [...renamedNodes(lowered.nodes, rename), ...identities],
    inputs,
    outputs,
    initializers: [...named.defaults].flatMap(([name, {dtype, shape, data}]): OnnxInitializer[] =>
      named.inputs.includes(name) ? [{name, dtype, shape, content: data}] : [],
    ),
  };
  return {graph, tensors};
}

function port(name: string, {dtype, shape}: OnnxTensor, declared: PartialShape): OnnxPort {
  // A string that nothing reads is all that comes here.
  if (!hasOnnxType(dtype))
    throw new UnsupportedOpError(`'${name}' is ${dtype}: no ONNX model is written for it`);
  return {name, dtype, shape: mergeShapes(shape, declared) ?? shape};
}

/** What tensors are called in the model, and the nodes that give outputs their names which are something else, too. */
function namesFor(
  {nodes, inputs: internal, outputs: results, constants, variables: read}: LoweredRun,
  inputs: readonly OnnxPort[],
  outputs: readonly OnnxPort[],
  variables: readonly {readonly name: string}[],
): {readonly rename: (name: string) => string; readonly identities: OnnxNode[]} {
  const names = new Map(inputs.map(({name}, i) => [internal[i]!.name, name]));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const identities: OnnxNode[] = [];
  for (const [i, {name}] of outputs.entries()) {
    const from = results[i]!.name;
    if (made.has(from) && !names.has(from)) names.set(from, name);
    else identities.push({op: 'Identity', domain: '', inputs: [from], outputs: [name], attrs: {}});
  }
  const ports = [...inputs, ...outputs].map(({name}) => name);
  const all = new Set([...allNames(nodes), ...constants.map(({name}) => name)]);
  // Variables have the names that they have in TensorFlow, as long as these are theirs alone.
  const ofVariables = distinct(
    variables.map(({name}) => name),
    [...ports, ...all],
  );
  for (const [i, {name}] of read.entries()) if (!names.has(name)) names.set(name, ofVariables[i]!);
  const rest = [...all].filter((name) => !names.has(name));
  const free = distinct(rest, names.values());
  for (const [i, name] of rest.entries()) names.set(name, free[i]!);
  const rename = (name: string) => names.get(name) ?? name;
  return {rename, identities: identities.map((node) => ({...node, inputs: node.inputs.map(rename)}))};
}

/** The names of all tensors of nodes and of their bodies. */
function allNames(nodes: readonly OnnxNode[]): Set<string> {
  const names = new Set<string>();
  for (const node of nodes) {
    for (const name of [...namesRead(node), ...node.outputs]) if (name !== '') names.add(name);
    for (const {nodes: inner, inputs, outputs} of bodiesOf(node)) {
      for (const {name} of [...inputs, ...outputs]) names.add(name);
      for (const name of allNames(inner)) names.add(name);
    }
  }
  return names;
}
