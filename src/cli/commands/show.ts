/**
 * `tfhub show`: signatures, functions, variables and assets of a model; or its graphs.
 *
 * @module
 */

import type {Command} from 'commander';
import {formatShape} from '../../host/shape.js';
import {resolve} from '../../hub/resolver.js';
import {
  describeModel,
  type FunctionDescription,
  type ModelDescription,
} from '../../savedmodel/load/describe.js';
import {graphTexts} from '../../savedmodel/load/graph_text.js';
import {print, printJson} from '../print.js';
import {formatBytes, tensorText} from '../text.js';
import {parseTags} from '../usage.js';

interface ShowOptions {
  readonly all?: boolean;
  readonly graph?: string | true;
  readonly tags?: string;
  readonly json?: boolean;
}

export function registerShow(program: Command): void {
  program
    .command('show')
    .description('show what is in a model')
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .option('--all', 'also every function with its traces, and every variable')
    .option(
      '--graph [function]',
      'the graphs as text: all of them, or the functions whose names have this in them',
    )
    .option('--tags <tags>', 'the tags of the graph, separated by commas')
    .option('--json', 'print one JSON object')
    .action(async (handle: string, options: ShowOptions) => {
      const {directory} = await resolve(handle);
      const tags = parseTags(options.tags);
      const loadOptions = tags === undefined ? {} : {tags};
      if (options.graph !== undefined) {
        const wanted = options.graph === true ? undefined : options.graph;
        const graphs = await graphTexts(directory, wanted, loadOptions);
        if (options.json) printJson({graphs});
        else for (const line of graphs.join('\n\n').split('\n')) print(line);
        return;
      }
      const model = await describeModel(directory, loadOptions);
      if (options.json) printJson(model);
      else for (const line of lines(model, options.all ?? false)) print(line);
    });
}

function* lines(model: ModelDescription, all: boolean): Generator<string> {
  const {format, tensorflowVersion, tags, size, variables, functions, assets, missingAssets, fingerprint} =
    model;
  yield `${model.directory}`;
  yield `  ${format}${tensorflowVersion ? `, written by ${tensorflowVersion}` : ''}, tags [${tags.join(', ')}], ${formatBytes(size)}`;
  if (fingerprint !== undefined) yield `  fingerprint ${fingerprint}`;
  yield '';
  yield* signatureLines(model);
  if (functions.length > 0) {
    yield `Functions (${functions.length})`;
    for (const each of functions) yield* all ? functionLines(each) : [`  ${functionTitle(each)}`];
    yield '';
  }
  const parameters = variables.reduce(
    (sum, {shape}) => sum + (shape ?? []).reduce<number>((n, dim) => n * (dim ?? 1), 1),
    0,
  );
  yield `Variables (${variables.length}, ${parameters.toLocaleString('en')} parameters)`;
  if (all) {
    for (const {name, dtype, shape, trainable} of variables) {
      yield `  ${name}: ${dtype} ${formatShape(shape)}${trainable ? '' : ', not trainable'}`;
    }
  }
  if (assets.length > 0) {
    yield '';
    const marked = assets.map((name) => (missingAssets.includes(name) ? `${name} (missing)` : name));
    yield `Assets (${assets.length}): ${marked.join(', ')}`;
  }
  if (!all) {
    yield '';
    yield '--all shows every trace and variable.';
  }
}

function* signatureLines({signatures}: ModelDescription): Generator<string> {
  const entries = Object.entries(signatures);
  yield entries.length === 0 ? 'No signatures' : 'Signatures';
  for (const [name, {inputs, outputs, methodName}] of entries) {
    yield `  ${name}${methodName ? `  (${methodName})` : ''}`;
    for (const tensor of Object.values(inputs)) yield `    in   ${tensorText(tensor)}`;
    for (const tensor of Object.values(outputs)) yield `    out  ${tensorText(tensor)}`;
  }
  yield '';
}

function functionTitle({path, arguments: spec, traces}: FunctionDescription): string {
  const parameters = spec === undefined ? '...' : parameterTexts(spec).join(', ');
  return `${path}(${parameters})  ${traces.length} trace${traces.length === 1 ? '' : 's'}`;
}

function parameterTexts(spec: NonNullable<FunctionDescription['arguments']>): string[] {
  const required = spec.args.length - spec.defaults.length;
  return [
    ...spec.args.map((arg, i) => (i < required ? arg : `${arg}=${text(spec.defaults[i - required])}`)),
    ...(spec.varargs === undefined ? [] : [`*${spec.varargs}`]),
    ...spec.kwonlyargs.map((arg) =>
      Object.hasOwn(spec.kwonlydefaults, arg) ? `${arg}=${text(spec.kwonlydefaults[arg])}` : arg,
    ),
    ...(spec.varkw === undefined ? [] : [`**${spec.varkw}`]),
  ];
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each));
}

function* functionLines(each: FunctionDescription): Generator<string> {
  yield `  ${functionTitle(each)}`;
  for (const [i, {args, kwargs, outputs}] of each.traces.entries()) {
    yield `    #${i + 1}`;
    for (const arg of args) yield `      * ${arg}`;
    for (const [key, arg] of Object.entries(kwargs)) yield `      * ${key}: ${arg}`;
    yield `      -> ${outputs}`;
  }
}
