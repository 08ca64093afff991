/**
 * Writes a checkpoint of given tensors, filled with pseudo-random numbers, without holding one of them in memory.
 *
 * @module
 */

import {mkdir, open, writeFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import {maskChecksum} from '../src/bundle/table_format.js';
import {type TestTensor, writeCheckpoint} from '../src/bundle/testing/write_table.js';
import {DTYPES} from '../src/host/dtypes.js';
import {nodePlatform} from '../src/platform/node.js';

const PIECE_BYTES = 2 ** 23;

/** A float32 tensor to write. */
export interface TensorToMake {
  readonly key: string;
  readonly shape: readonly number[];
}

/**
 * Writes `prefix.index` and `prefix.data-00000-of-00001`; returns their paths.
 *
 * @param given - tensors whose bytes are known, small ones
 */
export async function makeCheckpoint(
  prefix: string,
  tensors: readonly TensorToMake[],
  given: readonly TestTensor[] = [],
): Promise<string[]> {
  await mkdir(dirname(prefix), {recursive: true});
  const data = `${prefix}.data-00000-of-00001`;
  const file = await open(data, 'w');
  const piece = new Float32Array(PIECE_BYTES / 4);
  let random = 1;
  let offset = 0;
  const entries: TestTensor[] = [];
  for (const {key, shape} of tensors) {
    const size = shape.reduce((product, dim) => product * dim, 4);
    let crc = 0;
    for (let done = 0; done < size; ) {
      for (let i = 0; i < piece.length; i += 64) {
        random = (Math.imul(random, 1664525) + 1013904223) | 0;
        piece[i] = random / 2 ** 31;
      }
      const bytes = new Uint8Array(piece.buffer, 0, Math.min(PIECE_BYTES, size - done));
      await file.write(bytes);
      crc = nodePlatform.crc32c(bytes, crc);
      done += bytes.length;
    }
    const entry = {offset, size, crc32c: maskChecksum(crc)};
    entries.push({key, shape, dtype: DTYPES.float32.enum, bytes: new Uint8Array(0), entry});
    offset += size;
  }
  for (const tensor of given) {
    await file.write(tensor.bytes);
    entries.push({...tensor, entry: {offset}});
    offset += tensor.bytes.length;
  }
  await file.close();
  await writeFile(`${prefix}.index`, writeCheckpoint(entries, {blockEntries: 1024})['ckpt.index']);
  return [`${prefix}.index`, data];
}
