/**
 * Asynchronous calls: how many more answers eight callers get than one, and for how long the event loop is held.
 *
 * @module
 */

import {loadavg} from 'node:os';
import type {AsyncMeasurement} from './async_child.js';
import {runScript} from './children.js';
import {buildModels} from './inference.js';
import {MODELS} from './inference_lines.js';
import {
  type Benchmark,
  formatRatio,
  formatTime,
  printTable,
  pythonForModels,
  type Requirement,
} from './measure.js';

/** Lines that are measured where none is asked for. */
const USUAL: readonly string[] = ['MobileNetV2 224'];

/** Eight callers are to get so many times the answers of one. */
const GAIN = 1.3;

/** Milliseconds for which the event loop may be held. */
const HELD = 20;

export const asynchronous: Benchmark = {
  name: 'async',
  description: 'Asynchronous calls: one caller and eight, and the event loop meanwhile',
  async run({rounds, only = []}) {
    const python = pythonForModels();
    if (python === undefined) return [];
    const isChosen = (title: string) =>
      only.length === 0
        ? USUAL.includes(title)
        : only.some((word) => title.toLowerCase().includes(word.toLowerCase()));
    const chosen = MODELS.filter(({lines}) => lines.some(({title}) => isChosen(title)));
    const measured: {readonly title: string; readonly result: AsyncMeasurement; readonly load: number}[] = [];
    for (const [{lines}, {savedModel}] of await buildModels(chosen, python)) {
      for (const {title} of lines.filter((each) => isChosen(each.title))) {
        const result = await runScript<AsyncMeasurement>('async_child.ts', savedModel, title, String(rounds));
        // What else the machine had to do, too.
        measured.push({title, result, load: loadavg()[0]!});
      }
    }
    printTable(
      [
        '',
        'synchronous',
        'one caller',
        'eight callers',
        'of one',
        'work of a call, one',
        'eight',
        'event loop held',
        'by the clock',
        'at the first call',
        'load',
      ],
      measured.map(({title, result, load}) => [
        title,
        ...[result.synchronous, result.one, result.eight].map(formatRate),
        formatRatio(result.eight / result.one),
        ...[result.workOfOne, result.workOfEight].map(formatTime),
        ...[result.held, result.heldByClock, result.heldAtFirst].map(formatTime),
        load.toFixed(1),
      ]),
    );
    return measured.flatMap(({title, result: {one, eight, held}}): Requirement[] => [
      {what: `${title}: rate of one caller, of that of eight`, limit: 1 / GAIN, measured: one / eight},
      {what: `${title}: the event loop is held for`, limit: HELD, measured: held, format: formatTime},
    ]);
  },
};

const formatRate = (rate: number): string => `${rate.toFixed(rate < 10 ? 1 : 0)}/s`;
