/**
 * `tfhub run`: calls a function or a signature of a model.
 *
 * @module
 */

import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Command} from 'commander';
import {load} from '../../api.js';
import {ENGINES} from '../../compile/engine.js';
import {formatShape} from '../../host/shape.js';
import type {HostTensor} from '../../host/tensor.js';
import type {TensorInput} from '../../savedmodel/boundary.js';
import type {LoadedObject} from '../../savedmodel/load/loaded_object.js';
import {DEFAULT_SIGNATURE, functionAt, signatureNamed} from '../functions.js';
import {writeNpy} from '../npy.js';
import {print, printJson, say} from '../print.js';
import {parseTags, UsageError} from '../usage.js';
import {flattenOutputs, type GivenInput, parseArgument, parseInput, toJson} from '../values.js';

interface RunOptions {
  readonly signature?: string;
  readonly function?: string;
  readonly input: readonly string[];
  readonly arg: readonly string[];
  readonly tags?: string;
  readonly engine?: string;
  readonly outdir?: string;
  readonly json?: boolean;
}

/** So many elements of an output are printed for people. */
const SHOWN = 10;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function registerRun(program: Command): void {
  program
    .command('run')
    .description('call a model')
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .option('--signature <name>', 'the signature to call')
    .option('--function <path>', 'the function to call, such as encoder.embed')
    .option(
      '--input <[name=]value>',
      'a tensor: JSON, @file.json, @file.npy or @file.npz; repeatable',
      collect,
      [],
    )
    .option(
      '--arg <name=json>',
      'an argument that is no tensor, such as training=true; repeatable',
      collect,
      [],
    )
    .option('--tags <tags>', 'the tags of the graph, separated by commas')
    .option('--engine <engine>', `what computes: ${ENGINES.join(', ')} (default: $TFHUB_ENGINE, or auto)`)
    .option('--outdir <dir>', 'write each output to <dir>/<name>.npy')
    .option('--json', 'print one JSON object with every output')
    .action(run);
}

async function run(handle: string, options: RunOptions): Promise<void> {
  if (options.signature !== undefined && options.function !== undefined) {
    throw new UsageError('--signature and --function exclude each other');
  }
  const engine = ENGINES.find((each) => each === options.engine);
  if (engine === undefined && options.engine !== undefined) {
    throw new UsageError(`--engine must be one of ${ENGINES.join(', ')}, got '${options.engine}'`);
  }
  const inputs = options.input.flatMap(parseInput);
  const args = Object.fromEntries(options.arg.map(parseArgument));
  const tags = parseTags(options.tags);
  const model = await load(handle, {...(tags && {tags}), ...(engine && {engine})});
  try {
    const outputs = flattenOutputs(call(model, options, inputs, args));
    if (options.outdir !== undefined) writeOutputs(options.outdir, outputs);
    printOutputs(outputs, options.json ?? false);
  } finally {
    model.dispose();
  }
}

/** Without `--signature` or `--function`: `__call__` if there is one, else `serving_default`. */
function call(
  model: LoadedObject,
  {signature, function: path}: RunOptions,
  inputs: readonly GivenInput[],
  args: Readonly<Record<string, unknown>>,
): unknown {
  if (path !== undefined || (signature === undefined && model.get('__call__') !== undefined)) {
    const positional = inputs.filter(({name}) => name === undefined).map(({value}) => value);
    const named = inputs.filter(({name}) => name !== undefined).map(({name, value}) => [name, value]);
    return functionAt(model, path ?? '__call__').invoke(
      positional,
      {...Object.fromEntries(named), ...args},
      {exact: true},
    );
  }
  const name = signature ?? DEFAULT_SIGNATURE;
  const found = signatureNamed(model, name);
  const given = Object.fromEntries(
    inputs.map(({name: key, value}) => [key ?? onlyInput(found.inputs, name), value]),
  );
  return found({...given, ...args} as Record<string, TensorInput>, {exact: true});
}

function onlyInput(inputs: Readonly<Record<string, unknown>>, signature: string): string {
  const names = Object.keys(inputs);
  if (names.length === 1) return names[0]!;
  throw new UsageError(
    `signature '${signature}' takes ${names.length} inputs; name each: --input ${names[0] ?? 'name'}=...`,
  );
}

function writeOutputs(directory: string, outputs: ReadonlyMap<string, HostTensor>): void {
  mkdirSync(directory, {recursive: true});
  for (const [name, tensor] of outputs) {
    // Names of outputs come from the model: they must not lead out of the directory.
    const file = join(directory, `${name.replaceAll(/[^\w.-]+/g, '_').replace(/^\.+/, '_')}.npy`);
    writeFileSync(file, writeNpy(tensor));
    say(`wrote ${file}`);
  }
}

function printOutputs(outputs: ReadonlyMap<string, HostTensor>, json: boolean): void {
  if (json) {
    const all = Object.fromEntries([...outputs].map(([name, tensor]) => [name, toJson(tensor)]));
    printJson({outputs: all});
    return;
  }
  for (const [name, tensor] of outputs) {
    const {data} = toJson(tensor);
    const shown = data.slice(0, SHOWN).map((each) => JSON.stringify(each));
    const rest = data.length > SHOWN ? `, ... ${data.length - SHOWN} more` : '';
    print(`${name}: ${tensor.dtype} ${formatShape(tensor.shape)} [${shown.join(', ')}${rest}]`);
  }
}
