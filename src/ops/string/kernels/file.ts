/**
 * Names of sharded files, and what is in a file.
 *
 * @module
 */

import {encodeUtf8} from '../../../algorithms/utf8.js';
import {joinBytes} from '../../../host/bytes.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** `basename-00003-of-00010`, or `basename-?????-of-00010` without a shard. */
function shardedName(basename: Uint8Array, shard: string, shards: number): Uint8Array {
  return joinBytes([basename, encodeUtf8(`-${shard}-of-${fiveDigits(shards)}`)]);
}

/** As C's `%05d` does: the sign counts as a digit. */
const fiveDigits = (x: number): string =>
  x < 0 ? `-${String(-x).padStart(4, '0')}` : String(x).padStart(5, '0');

const shardedFilename: Kernel = ([basename, shard, shards]) =>
  stringValue([], [shardedName(basename!.string(), fiveDigits(shard!.number()), shards!.number())]);

const shardedFilespec: Kernel = ([basename, shards]) =>
  stringValue([], [shardedName(basename!.string(), '?????', shards!.number())]);

const readFile: Kernel = ([filename], ctx) => {
  if (filename!.size !== 1) throw invalid(ctx, `filename must be a scalar, got shape [${filename!.shape}]`);
  return stringValue([], [ctx.session.readFile(filename!.string())]);
};

/** Files and their names. */
export const stringFiles: OpFamily = {
  ShardedFilename: {kernel: shardedFilename},
  ShardedFilespec: {kernel: shardedFilespec},
  ReadFile: {kernel: readFile, limits: 'reads the files of the model only'},
};
