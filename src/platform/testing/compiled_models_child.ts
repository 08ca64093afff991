/**
 * Keeps, finds and removes compiled models for a while, as several processes do at a time (node_compiled_models.test.ts). Fails where it finds
 * one that is not whole.
 *
 *     node --import tsx compiled_models_child.ts CACHE_DIRECTORY ROUNDS SEED
 *
 * @module
 */

import * as fs from 'node:fs';
import {join} from 'node:path';
import '../node.js';
import {nodeCompiledModels} from '../node_compiled_models.js';

const [cache = '', rounds = '0', seed = '1'] = process.argv.slice(2);
const models = nodeCompiledModels(cache)!;
let state = Number(seed);
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
let found = 0;
for (let i = 0; i < Number(rounds); i++) {
  const name = String(random(6));
  const key = models.key([name]);
  const kept = models.find(key);
  if (kept !== undefined) {
    found++;
    if (Buffer.from(kept.model).toString() !== `model ${name}`) throw new Error(`${name} is another one`);
    if (random(4) === 0) models.remove(key);
    continue;
  }
  const pending = models.begin(key);
  if (pending === undefined) throw new Error('nothing can be kept');
  fs.writeFileSync(pending.path, `model ${name}`);
  fs.writeFileSync(
    join(pending.path, '..', pending.constants),
    name.repeat(random(2) === 0 ? 30_000 : 20_000),
  );
  if (random(5) === 0) pending.discard();
  else pending.keep();
}
console.log(found);
