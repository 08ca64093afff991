/**
 * The graphs of a model as text, with what is known of their tensors.
 *
 * @module
 */

import {CallError} from '../../errors.js';
import type {FunctionGraph, Graph} from '../../graph/graph.js';
import {inferGraph, parametersOf} from '../../graph/infer.js';
import {printGraph} from '../../graph/print.js';
import {inferenceOf} from '../../ops/infer.js';
import type {ModelDirectory} from '../../platform/platform.js';
import {type LoadModelOptions, openModel} from './load.js';
import {readWholeModel} from './whole_model.js';

/**
 * The main graph and every function, one after the other. Variables are not read.
 *
 * @param wanted - part of the name of the functions to show; all, and the main graph, where absent
 * @throws CallError when no function is called so.
 */
export function graphTexts(
  directory: ModelDirectory,
  wanted: string | undefined,
  options: LoadModelOptions = {},
): Promise<string[]> {
  return readWholeModel(directory, async (files, confirm) => {
    const {graph, runtime} = await openModel(files, options);
    await confirm();
    const {library} = runtime;
    const text = (each: Graph | FunctionGraph) => {
      const given = 'parameters' in each ? parametersOf(each) : [];
      return printGraph(each, inferGraph(each, {rules: inferenceOf, library, given}));
    };
    const names = [...library.names()].filter((name) => name.includes(wanted ?? ''));
    if (wanted !== undefined && names.length === 0) {
      throw new CallError(`the model has no function called '${wanted}'`);
    }
    const functions = names.map((name) => text(library.get(name)!));
    return wanted === undefined ? [text(graph), ...functions] : functions;
  });
}
