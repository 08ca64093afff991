/**
 * `npm run bench`: runs every benchmark, or those named: `npm run bench -- load --rounds 9`; of `inference` the lines in whose titles a
 * word occurs: `npm run bench -- inference --only mobilenet --only bert`, and with `--explain` what is not compiled, and why.
 *
 * Exits with 1 when a requirement is missed.
 *
 * @module
 */

import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {asynchronous} from './async.js';
import {finetune} from './finetune.js';
import {inference} from './inference.js';
import {load} from './load.js';
import {type Benchmark, formatRatio, printTable} from './measure.js';
import {save} from './save.js';
import {start} from './start.js';
import {text} from './text.js';

const BENCHMARKS: readonly Benchmark[] = [load, finetune, save, inference, asynchronous, text, start];

async function main(): Promise<void> {
  const {positionals, values} = parseArgs({
    allowPositionals: true,
    options: {
      rounds: {type: 'string', default: '5'},
      only: {type: 'string', multiple: true, default: []},
      explain: {type: 'boolean', default: false},
      list: {type: 'boolean', default: false},
    },
  });
  const unknown = positionals.filter((name) => !BENCHMARKS.some((each) => each.name === name));
  if (values.list || unknown.length > 0) {
    for (const name of unknown) console.error(`There is no benchmark '${name}'.`);
    printTable(
      ['benchmark', ''],
      BENCHMARKS.map(({name, description}) => [name, description]),
    );
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const chosen = BENCHMARKS.filter(({name}) => positionals.length === 0 || positionals.includes(name));
  console.log(`${cpus().length} cores, Node ${process.versions.node}; medians of ${values.rounds} rounds`);
  for (const benchmark of chosen) {
    console.log(`\n${benchmark.description}`);
    const requirements = await benchmark.run({
      rounds: Number(values.rounds),
      only: values.only,
      explain: values.explain,
    });
    console.log();
    printTable(
      ['required', 'at most', 'measured', ''],
      requirements.map(({what, limit, measured, format = formatRatio}) => [
        what,
        format(limit),
        format(measured),
        measured <= limit ? 'met' : 'MISSED',
      ]),
    );
    if (requirements.some(({limit, measured}) => measured > limit)) process.exitCode = 1;
  }
}

await main();
