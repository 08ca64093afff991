/**
 * `tfhub export-onnx`: a signature or a function of a model as an ONNX model.
 *
 * @module
 */

import type {Command} from 'commander';
import {load} from '../../api.js';
import {CallError} from '../../errors.js';
import type {PartialShape} from '../../host/shape.js';
import type {LoadedObject} from '../../savedmodel/load/loaded_object.js';
import {type ExportedOnnx, exportOnnx, type OnnxSource} from '../../savedmodel/onnx/export_onnx.js';
import {DEFAULT_SIGNATURE, functionAt, signatureNamed} from '../functions.js';
import {print, printJson} from '../print.js';
import {formatBytes, tensorText} from '../text.js';
import {parseTags, UsageError} from '../usage.js';

interface ExportOptions {
  readonly signature?: string;
  readonly function?: string;
  readonly trace?: string;
  readonly shape: Readonly<Record<string, PartialShape>>;
  readonly externalData?: boolean;
  readonly dropAssertions?: boolean;
  readonly overwrite?: boolean;
  readonly tags?: string;
  readonly json?: boolean;
}

export function registerExportOnnx(program: Command): void {
  program
    .command('export-onnx')
    .description(
      'write a signature or a function as an ONNX model, which any ONNX Runtime computes the same with',
    )
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .argument('<out>', 'the file to write, such as model.onnx')
    .option('--signature <name>', 'the signature to write (default: serving_default, else the only one)')
    .option('--function <path>', 'the function to write, such as encoder.embed')
    .option('--trace <number>', 'which of its traces, as `tfhub show --all` counts them')
    .option(
      '--shape <name=sizes>',
      'the shape of an input of which less is known, such as x=?,224,224,3; repeatable',
      collectShape,
      {},
    )
    .option('--external-data', 'write the weights to <out>.data (always so from 2 GB on)')
    .option('--drop-assertions', 'leave out assertions that may not hold')
    .option('--overwrite', 'replace files that are there')
    .option('--tags <tags>', 'the tags of the graph, separated by commas')
    .option('--json', 'print one JSON object')
    .action(run);
}

async function run(handle: string, out: string, options: ExportOptions): Promise<void> {
  const {externalData = false, dropAssertions = false, overwrite = false, shape: shapes} = options;
  if (options.signature !== undefined && options.function !== undefined) {
    throw new UsageError('--signature and --function exclude each other');
  }
  const trace = traceNumber(options);
  const tags = parseTags(options.tags);
  // Nothing is computed.
  const model = await load(handle, {...(tags && {tags}), engine: 'tfjs'});
  try {
    const source = chosen(model, options, trace);
    const exported = await exportOnnx(source, out, {externalData, dropAssertions, overwrite, shapes});
    if (options.json) printJson({path: out, ...exported});
    else for (const line of lines(out, exported)) print(line);
  } finally {
    model.dispose();
  }
}

function traceNumber({trace, function: path}: ExportOptions): number | undefined {
  if (trace === undefined) return undefined;
  const number = Number(trace);
  if (path === undefined || !Number.isInteger(number) || number < 1)
    throw new UsageError(`--trace takes a number from 1 on, beside --function; got '${trace}'`);
  return number;
}

/** Without `--signature` or `--function`: what the model is served by, else the only signature, else `__call__`. */
function chosen(
  model: LoadedObject,
  {signature, function: path}: ExportOptions,
  trace: number | undefined,
): OnnxSource {
  const names = Object.keys(model.signatures);
  const only = names.length === 1 ? names[0] : undefined;
  const usual = names.includes(DEFAULT_SIGNATURE) ? DEFAULT_SIGNATURE : only;
  const name = signature ?? (path === undefined ? usual : undefined);
  if (name !== undefined) return signatureNamed(model, name);
  if (path === undefined && model.get('__call__') === undefined)
    throw new CallError(
      `say which signature to write with --signature: ${names.join(', ') || 'there is none'}`,
    );
  const {concreteFunctions} = functionAt(model, path ?? '__call__');
  const found = concreteFunctions[(trace ?? 1) - 1];
  if (found !== undefined && (trace !== undefined || concreteFunctions.length === 1)) return found;
  throw new CallError(
    `'${path ?? '__call__'}' has ${concreteFunctions.length} traces: say which one with --function ` +
      `${path ?? '__call__'} --trace NUMBER, as \`tfhub show --all\` counts them`,
  );
}

/** `x=?,3` beside what was given before. */
function collectShape(
  text: string,
  before: Readonly<Record<string, PartialShape>>,
): Readonly<Record<string, PartialShape>> {
  const [, name, sizes] = /^(.+)=([\d,? ]*)$/s.exec(text) ?? [];
  const dims = sizes?.trim() === '' ? [] : sizes?.split(',').map((size) => size.trim());
  if (name === undefined || !dims?.every((size) => /^(\?|\d+)$/.test(size)))
    throw new UsageError(`--shape takes NAME=SIZES with ? for what is open, such as x=?,3; got '${text}'`);
  return {...before, [name]: dims.map((size) => (size === '?' ? null : Number(size)))};
}

function* lines(out: string, exported: ExportedOnnx): Generator<string> {
  const {inputs, outputs, nodes, opset, irVersion, domains, bytes, dataBytes} = exported;
  const beside = dataBytes === 0 ? '' : ` and ${formatBytes(dataBytes)} in ${out}.data`;
  const others = domains.length === 0 ? '' : `, with ops of ${domains.join(', ')}`;
  yield `${out}: ${formatBytes(bytes)}${beside}, ${nodes} node${nodes === 1 ? '' : 's'}, opset ${opset}${others}, IR version ${irVersion}`;
  for (const tensor of inputs) yield `  in   ${tensorText(tensor)}`;
  for (const tensor of outputs) yield `  out  ${tensorText(tensor)}`;
}
