/**
 * Variables of a TensorFlow 1 graph: its collections list them, with the part of a whole that each one is.
 *
 * @module
 */

import type {Graph} from '../../graph/graph.js';
import {Variable} from '../../ops/variable/variable.js';
import {decodeMessage, type MetaGraphDef, type SaveSliceInfoDef, VariableDef} from '../../proto/index.js';
import type {Runtime} from '../../runtime/runtime.js';
import {splitTensorName} from './tensor_names.js';

/** Where a checkpoint has a variable's value. */
export interface CheckpointPlace {
  readonly key: string;
  /** The shape of the whole and the slice of it, such as `20 4 0,10:0,4`; empty for all of it. */
  readonly shapeAndSlice: string;
}

/** Variables of a collection, made before any op makes them so that they know whether they are trainable. */
export function declareVariables(
  {
    metaGraph,
    graph,
    runtime,
  }: {readonly metaGraph: MetaGraphDef; readonly graph: Graph; readonly runtime: Runtime},
  collection: string,
): Variable[] {
  const trainable = new Set(
    variableDefs(metaGraph, 'trainable_variables').map(({variableName}) => variableName),
  );
  return variableDefs(metaGraph, collection).flatMap(({variableName}) => {
    const index = graph.find(splitTensorName(variableName).node);
    if (index === undefined) return [];
    const {name, attrs} = graph.nodes[index]!;
    if (!attrs.has('shared_name')) return [];
    const sharedName = attrs.string('shared_name') || name;
    const spec = {
      name,
      dtype: attrs.dtype('dtype'),
      shape: attrs.shape('shape'),
      trainable: trainable.has(variableName),
    };
    return [runtime.resource(attrs.string('container'), sharedName, () => new Variable(spec))];
  });
}

/**
 * Where a saver over all variables keeps each of them: under its name, and the parts of a partitioned variable as slices
 * of the whole (`op_list_to_dict` in `saveable_object_util.py`).
 */
export function checkpointPlaces(metaGraph: MetaGraphDef): (variable: Variable) => CheckpointPlace {
  const parts = new Map(
    variableDefs(metaGraph, 'variables').map(({variableName, saveSliceInfoDef}) => [
      splitTensorName(variableName).node,
      saveSliceInfoDef,
    ]),
  );
  return ({name}) => {
    const part = parts.get(name);
    return part === undefined || part.fullName === ''
      ? {key: name, shapeAndSlice: ''}
      : {key: part.fullName, shapeAndSlice: formatPart(part)};
  };
}

/** `SaveSliceInfo.spec` of `variables.py`. */
function formatPart({fullShape, varOffset, varShape}: SaveSliceInfoDef): string {
  return `${fullShape.join(' ')} ${varOffset.map((start, axis) => `${start},${varShape[axis]}`).join(':')}`;
}

function variableDefs(metaGraph: MetaGraphDef, collection: string): VariableDef[] {
  const kind = metaGraph.collectionDef.get(collection)?.kind;
  if (kind?.$case !== 'bytesList') return [];
  return kind.value.value.map((bytes) => decodeMessage(VariableDef, bytes, `collection '${collection}'`));
}
