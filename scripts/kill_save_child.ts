/**
 * Saves over the model in a directory again and again, one greater number each time, until it is killed.
 *
 * Forked with the directory as its argument. Sends 'ready', begins when it is sent the number to begin with, and sends 'saved'
 * after each save.
 *
 * @module
 */

import {once} from 'node:events';
import {saveModel} from '../src/savedmodel/save/save.js';
import {numbered} from './kill_save_model.js';

const directory = process.argv[2]!;
await (await numbered(0)).warmUp();
process.send?.('ready');
const [first] = (await once(process, 'message')) as [number];
for (let number = first; ; number++) {
  await saveModel((await numbered(number)).model, directory, {overwrite: true});
  process.send?.('saved');
}
