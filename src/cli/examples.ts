/**
 * Examples at the end of a command's help.
 *
 * @module
 */

import type {Command} from 'commander';

/** By command, what to type and what it does. */
const EXAMPLES: Readonly<Record<string, readonly (readonly [command: string, does: string])[]>> = {
  show: [
    ['tfhub show ./model', 'signatures, functions and the number of variables'],
    ['tfhub show https://tfhub.dev/google/nnlm-en-dim50/2 --all', 'every trace and variable, too'],
    ['tfhub show ./model --graph serving', 'the graphs of functions with that in their names'],
  ],
  run: [
    [`tfhub run ./model --input '["A long sentence."]'`, 'call it with a tensor'],
    ['tfhub run ./model --signature serving_default --input x=@x.npy --outdir out', 'arrays in files'],
    ['tfhub run ./model --function encoder.embed --input x=[1,2] --json', 'a function, for programs'],
  ],
  ops: [
    ['tfhub ops ./model', 'whether all of its ops are supported'],
    ['tfhub ops ./model --nodes', 'what computes each node'],
  ],
  types: [['tfhub types ./model --out model.d.ts', "import type {Model} from './model.js'"]],
  'export-onnx': [
    ['tfhub export-onnx ./model model.onnx', 'what the model is served by'],
    ['tfhub export-onnx ./model model.onnx --shape x=?,224,224,3', 'with what is known of an input'],
  ],
  resolve: [
    ['tfhub resolve google/nnlm/tensorFlow2/en-dim50', 'where it is in the cache'],
    ['tfhub resolve ./model.tar.gz --print-integrity', 'what to pin it by'],
  ],
  cache: [
    ['tfhub cache list', 'what is there'],
    ['tfhub cache remove https://tfhub.dev/google/nnlm-en-dim50/2', 'one model of it'],
  ],
  host: [['tfhub host ./models', 'models for everybody who reaches this machine']],
};

/** Gives each command its examples. */
export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const examples = EXAMPLES[command.name()] ?? [];
    const lines = examples.flatMap(([line, does]) => [`  ${line}`, `      ${does}`]);
    command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
  }
}
