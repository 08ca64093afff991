/**
 * Saves over the model in a directory, as others do at the same time, and loads it now and then.
 *
 * Forked with the directory, its own number and how often to save as arguments. Sends 'ready', begins when it is sent anything,
 * and sends 'done' in the end; what fails on the way is sent as a failure.
 *
 * @module
 */

import {once} from 'node:events';
import {localDirectory} from '../src/platform/node.js';
import {saveModel} from '../src/savedmodel/save/save.js';
import {NUMBERS_PER_WRITER, type WriterMessage} from './concurrent_saves.js';
import {numbered, numberOf} from './kill_save_model.js';

/** Loads once in so many saves. */
const LOAD_EVERY = 5;

const [, , directory, rank, saves] = process.argv;
const say = (message: WriterMessage) => process.send?.(message);

await (await numbered(0)).warmUp();
say('ready');
await once(process, 'message');
let loads = 0;
for (let i = 1; i <= Number(saves); i++) {
  try {
    const {model} = await numbered(Number(rank) * NUMBERS_PER_WRITER + i);
    await saveModel(model, directory, {overwrite: true});
    if (i % LOAD_EVERY !== 0) continue;
    loads++;
    await numberOf(localDirectory(directory!));
  } catch (error) {
    say({failure: error instanceof Error ? error.message : String(error)});
  }
}
say({loads});
say('done');
process.disconnect();
