/**
 * Saving models of TensorFlow 1 that were loaded: the graph is written as it was read, and the variables' values as the
 * graph's own saver would write them.
 *
 * @module
 */

import {decodeUtf8} from '../../algorithms/utf8.js';
import {type TensorToSave, writeCheckpoint} from '../../bundle/writer.js';
import {FormatError, SaveError} from '../../errors.js';
import type {Endpoint} from '../../graph/graph.js';
import type {PackedStrings} from '../../host/strings.js';
import type {HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import type {OutputDirectory} from '../../platform/platform.js';
import type {MetaGraphDef, SignatureDef} from '../../proto/index.js';
import {neededNodes} from '../../runtime/schedule.js';
import {ASSETS_DIRECTORY} from '../load/assets.js';
import {isSignatureName, type V1Model, v1ModelOf} from '../load/load_v1.js';
import type {LoadedObject} from '../load/loaded_object.js';
import {HUB_MODULE_FILE, VARIABLES_PREFIX} from '../load/read_model.js';
import {isLoadedSignature} from '../load/signature.js';
import {endpointOf, splitTensorName} from '../load/tensor_names.js';
import {checkpointPlaces} from '../load/v1_variables.js';
import {ModelFiles} from './model_files.js';

/** `ModuleDef` of tensorflow_hub with the only format there is: field 1, FORMAT_V3. */
const HUB_MODULE = Uint8Array.of(0x08, 0x03);

/**
 * Writes a model of TensorFlow 1.
 *
 * @param signatures - those to keep, by the names they get; all, under their own names, where it is undefined
 */
export async function writeV1Model(
  object: LoadedObject,
  output: OutputDirectory,
  signatures: unknown,
): Promise<void> {
  const model = v1ModelOf(object);
  if (model === undefined) throw new SaveError('this object belongs to no loaded model that could be saved');
  const {metaGraph, assets, info} = model;
  const chosen = signatures === undefined ? metaGraph : withSignatures(metaGraph, object, signatures);
  const files = new ModelFiles(output);
  const tensors = tensorsOf(model);
  if (tensors.length > 0) await writeCheckpoint(files, VARIABLES_PREFIX, tensors);
  // Tables that share a file have an entry each.
  const indices = new Map(assets.list.map(({filename}, i) => [filename, i]));
  for (const [filename, i] of indices) {
    await files.write(`${ASSETS_DIRECTORY}/${filename}`, assets.file(i).content);
  }
  if (info.isHubModule) await files.write(HUB_MODULE_FILE, HUB_MODULE);
  await files.finish(chosen);
}

/** A graph of TensorFlow 1 has the signatures it has: they can be left out and renamed. */
function withSignatures(metaGraph: MetaGraphDef, object: LoadedObject, wanted: unknown): MetaGraphDef {
  const byFunction = new Map(
    Object.entries(object.signatures).map(([name, each]) => [each.concreteFunction as unknown, name]),
  );
  const entries =
    typeof wanted === 'object' && wanted !== null
      ? Object.entries(wanted)
      : [['serving_default', wanted] as const];
  const kept = [...metaGraph.signatureDef].filter(([name]) => !isSignatureName(name));
  const named = entries.map(([name, value]): [string, SignatureDef] => {
    const found = isLoadedSignature(value) ? byFunction.get(value.concreteFunction) : undefined;
    if (found === undefined) {
      throw new SaveError(
        `the signature '${name}' is none of the loaded model's: a model of TensorFlow 1 is saved with signatures it has`,
      );
    }
    return [name, metaGraph.signatureDef.get(found)!];
  });
  return {...metaGraph, signatureDef: new Map([...kept, ...named])};
}

/** What the model's saver writes. */
function tensorsOf(model: V1Model): TensorToSave[] {
  const {metaGraph, graph} = model;
  const {saverDef} = metaGraph;
  const save = saverDef && graph.find(splitTensorName(saverDef.saveTensorName).node);
  if (saverDef === undefined || save === undefined) return tensorsByName(model);
  const filename = endpointOf(graph, saverDef.filenameTensorName);
  const needed = neededNodes(graph, [save], new Set([filename.node]));
  return [...needed]
    .sort((a, b) => a - b)
    .flatMap((index) => {
      const node = graph.nodes[index]!;
      // Inputs: prefix, tensor names, slices, tensors.
      return node.op === 'SaveV2' ? savedBy(model, node.name, node.inputs.slice(1)) : [];
    });
}

/** What one `SaveV2` writes. */
function savedBy({runtime, graph}: V1Model, node: string, fetches: readonly Endpoint[]): TensorToSave[] {
  const runnable = runtime.prepare(graph, {feeds: [], fetches, targets: []});
  const [names, slices, ...values] = runtime.invoke(runnable, [], (results) => ({
    result: results.map(
      (each): HostTensor => ({
        dtype: each.dtype,
        shape: [...each.shape],
        data: each.hostData(),
      }),
    ),
    tensors: [],
  }));
  const texts = ({data}: HostTensor) => (data as PackedStrings).toArray().map(decodeUtf8);
  if (names?.dtype !== 'string' || slices?.dtype !== 'string' || names.data.length !== values.length) {
    throw new FormatError(`node '${node}' saves ${values.length} tensors under other names than as many`);
  }
  return texts(names).map((key, i): TensorToSave => {
    const value = values[i]!;
    const shapeAndSlice = texts(slices)[i];
    const {dtype, shape} = value;
    return {key, dtype, shape, read: () => value, ...(shapeAndSlice ? {shapeAndSlice} : {})};
  });
}

/** Models without a saver (TensorFlow 1 Hub) keep their variables under their names. */
function tensorsByName({runtime, metaGraph}: V1Model): TensorToSave[] {
  const placeOf = checkpointPlaces(metaGraph);
  const variables = [...runtime.resources()].filter((each) => each instanceof Variable);
  return variables
    .filter(({initialized}) => initialized)
    .map((variable) => {
      const {key, shapeAndSlice} = placeOf(variable);
      return {
        key,
        dtype: variable.dtype,
        shape: variable.currentShape(),
        read: () => variable.exact(),
        ...(shapeAndSlice && {shapeAndSlice}),
      };
    });
}
