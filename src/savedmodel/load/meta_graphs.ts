/**
 * What graphs a SavedModel holds, and their signatures, without loading it.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {shapeOf} from '../../graph/from_proto.js';
import {dtypeFromEnum} from '../../host/dtypes.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {DataType, type SignatureDef, type TensorInfo} from '../../proto/index.js';
import {tensorDType} from '../tensor_dtype.js';
import {isSignatureName} from './load_v1.js';
import {readSavedModel} from './read_model.js';
import {tensorName} from './signature.js';

/**
 * The graphs of a SavedModel with their tags and signatures, read from its model file alone. Of each input and output:
 * `name`, the tensor in the graph (`serving_default_x:0`); `shape`, with -1 for unknown dimensions, absent where the rank
 * is unknown; `dtype`, as tensors here have it; and `tfDtype`, TensorFlow's (`DT_FLOAT`).
 *
 * Mirrors `tf.node.getMetaGraphsFromSavedModel`. The entries of initialisers, which are no signatures, are left out.
 *
 * @throws FormatError when the directory holds no SavedModel or a damaged one.
 * @example
 * const [{tags, signatureDefs}] = await getMetaGraphs('/path/to/model');
 * signatureDefs.serving_default.inputs.x;   // {name: 'serving_default_x:0', dtype: 'float32', tfDtype: 'DT_FLOAT', shape: [-1, 3]}
 */
export async function readMetaGraphs(directory: ModelDirectory): Promise<tf.MetaGraph[]> {
  const {metaGraphs} = await readSavedModel(directory);
  return metaGraphs.map(({metaInfoDef, signatureDef}) => ({
    tags: [...(metaInfoDef?.tags ?? [])],
    signatureDefs: Object.fromEntries(
      [...signatureDef]
        .filter(([name]) => isSignatureName(name))
        .map(([name, def]) => [name, {inputs: infosOf(def.inputs), outputs: infosOf(def.outputs)}]),
    ),
  }));
}

function infosOf(tensors: SignatureDef['inputs']): Record<string, tf.ModelTensorInfo> {
  return Object.fromEntries([...tensors].map(([name, info]) => [name, infoOf(info)]));
}

/** Names of `DataType` by its numbers. */
const DATA_TYPES = new Map(Object.entries(DataType).map(([name, value]) => [value as number, name] as const));

function infoOf(info: TensorInfo): tf.ModelTensorInfo {
  const dtype = dtypeFromEnum(info.dtype);
  const shape = shapeOf(info.tensorShape);
  return {
    name: tensorName(info) ?? '',
    // What is no dtype is none of tfjs either; its name tells.
    dtype: dtype === undefined ? 'float32' : tensorDType(dtype),
    tfDtype: DATA_TYPES.get(info.dtype) ?? `DT_${info.dtype}`,
    ...(shape === null ? {} : {shape: shape.map((dim) => dim ?? -1)}),
  };
}
