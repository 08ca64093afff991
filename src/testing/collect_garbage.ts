/**
 * Collects garbage, so that a process's memory tells what is held rather than what was not cleared away yet (which is much
 * where other processes keep the collector from its work).
 *
 * @module
 */

import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

setFlagsFromString('--expose-gc');

export const collectGarbage = runInNewContext('gc') as () => void;
