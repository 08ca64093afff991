/**
 * `tfhub ops`: the ops that a model uses, which of them this library runs, and on which engine.
 *
 * @module
 */

import type {Command} from 'commander';
import {resolve} from '../../hub/resolver.js';
import {describeOps, type OpUse} from '../../savedmodel/load/describe.js';
import {describeEngines, type FunctionEngines} from '../../savedmodel/load/describe_engines.js';
import {print, printJson} from '../print.js';
import {parseTags} from '../usage.js';

interface OpsOptions {
  readonly tags?: string;
  readonly all?: boolean;
  readonly nodes?: boolean;
  readonly json?: boolean;
}

export function registerOps(program: Command): void {
  program
    .command('ops')
    .description(
      'list the ops a model uses, whether they are supported, and what ONNX Runtime computes of them',
    )
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .option('--all', 'engines also of the functions of the objects that the model is made of')
    .option('--nodes', 'each node of each function, with its engine and why')
    .option('--tags <tags>', 'the tags of the graph, separated by commas')
    .option('--json', 'print one JSON object')
    .action(async (handle: string, options: OpsOptions) => {
      const {directory} = await resolve(handle);
      const tags = parseTags(options.tags);
      const loadOptions = tags === undefined ? {} : {tags};
      const ops = await describeOps(directory, loadOptions);
      const engines = await describeEngines(directory, {...loadOptions, all: options.all ?? false});
      if (options.json) {
        printJson({
          ops,
          engines: engines.map(({nodes, ...rest}) => (options.nodes ? {...rest, nodes} : rest)),
        });
        return;
      }
      printTable(ops);
      for (const line of engineLines(engines, options.nodes ?? false)) print(line);
    });
}

function printTable(ops: readonly OpUse[]): void {
  const width = Math.max(...ops.map(({op}) => op.length), 0);
  for (const {op, count, supported, saverOnly, limit, node, function: label} of ops) {
    const status = supported ? 'yes' : saverOnly ? 'saver' : 'NO';
    const dtype = limit === undefined ? '' : `for ${limit}, `;
    const where = supported || saverOnly ? '' : `  ${dtype}first at node '${node}' in ${label}`;
    print(`${op.padEnd(width)}  ${String(count).padStart(6)}  ${status.padEnd(5)}${where}`.trimEnd());
  }
  const missing = ops.filter((each) => !each.supported && !each.saverOnly);
  print('');
  print(
    missing.length === 0
      ? `All ${ops.length} ops can be run. ("saver": only writes checkpoints, never run here)`
      : `${missing.length} of ${ops.length} ops are not supported: ${missing.map(({op}) => op).join(', ')}`,
  );
}

function* engineLines(engines: readonly FunctionEngines[], withNodes: boolean): Generator<string> {
  if (engines.length === 0) return;
  yield '';
  yield 'With ONNX Runtime, where it is installed (functions that are called are counted where they are called):';
  if (withNodes) {
    for (const each of engines) yield* [`  ${titleOf(each)}: ${summaryOf(each)}`, ...nodeLines(each)];
    return;
  }
  // Signatures are functions as well, and traces are often alike: they are told of together.
  const alike = new Map<string, {readonly titles: string[]; readonly of: FunctionEngines}>();
  for (const each of engines) {
    const {sessions, reasons, whole} = each;
    const key = JSON.stringify([sessions, whole, reasons.map(({op, reason, count}) => [op, reason, count])]);
    const found = alike.get(key) ?? {titles: [], of: each};
    found.titles.push(titleOf(each));
    alike.set(key, found);
  }
  for (const {titles, of} of alike.values())
    yield* [`  ${titles.join(', ')}: ${summaryOf(of)}`, ...reasonLines(of)];
}

const titleOf = ({kind, name, trace}: FunctionEngines): string =>
  kind === 'signature' ? `signature ${name}` : `${name} #${trace}`;

function summaryOf({sessions, interpreted, whole}: FunctionEngines): string {
  if (whole !== undefined) return `the interpreter computes all of it: ${whole}`;
  const native = sessions.reduce((sum, nodes) => sum + nodes, 0);
  const parts = [
    ...(native > 0 ? [`${counted(native, 'node')} in ${counted(sessions.length, 'session')}`] : []),
    ...(interpreted > 0 ? [`${counted(interpreted, 'node')} with the interpreter`] : []),
  ];
  return parts.join(', ') || 'nothing to compute';
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function* reasonLines({reasons}: FunctionEngines): Generator<string> {
  const width = Math.max(...reasons.map(({op}) => op.length), 0);
  for (const {op, reason, count} of reasons)
    yield `    ${String(count).padStart(4)}  ${op.padEnd(width)}  ${reason}`;
}

function* nodeLines({nodes}: FunctionEngines): Generator<string> {
  for (const {op, node, function: label, engine, session, reason} of nodes) {
    const where = engine === 'onnx' ? `onnx ${session}` : engine === 'none' ? '-' : 'tfjs';
    const why = reason === undefined ? '' : `: ${reason}`;
    yield `    ${where.padEnd(8)} ${op} '${node}' in ${label}${why}`;
  }
}
