/**
 * Reads files plainly in a process of its own, and prints how long that took.
 *
 *     node build/bench/read_plain_child/read_plain_child.js FILE...
 *
 * @module
 */

import type {PlainMeasurement} from './measure.js';
import {readPlainly} from './read_plain.js';

const {milliseconds} = await readPlainly(process.argv.slice(2));
const measured: PlainMeasurement = {milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024};
console.log(JSON.stringify(measured));
