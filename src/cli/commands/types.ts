/**
 * `tfhub types`: TypeScript declarations of a model.
 *
 * @module
 */

import {writeFile} from 'node:fs/promises';
import type {Command} from 'commander';
import {SaveError} from '../../errors.js';
import {resolve} from '../../hub/resolver.js';
import {typeDeclarations} from '../../savedmodel/load/type_declarations.js';
import {shownHandle} from '../../shown.js';
import {print} from '../print.js';
import {parseTags} from '../usage.js';

interface TypesOptions {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly tags?: string;
}

export function registerTypes(program: Command): void {
  program
    .command('types')
    .description(
      "write what a model's functions and signatures take and give as TypeScript, for hub.load<Model>(handle)",
    )
    .argument('<handle>', 'path, URL, gs:// location or Kaggle name')
    .option('--out <file>', 'the file to write, such as model.d.ts (default: standard output)')
    .option('--overwrite', 'replace a file that is there')
    .option('--tags <tags>', 'the tags of the graph, separated by commas')
    .action(run);
}

async function run(handle: string, {out, overwrite = false, tags: given}: TypesOptions): Promise<void> {
  const {directory} = await resolve(handle);
  const tags = parseTags(given);
  const declarations = await typeDeclarations(
    directory,
    shownHandle(handle),
    tags === undefined ? {} : {tags},
  );
  if (out === undefined) {
    for (const line of declarations.trimEnd().split('\n')) print(line);
    return;
  }
  try {
    await writeFile(out, declarations, {flag: overwrite ? 'w' : 'wx'});
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new SaveError(
      isThere
        ? `${out} exists; --overwrite replaces it`
        : `${out} cannot be written: ${(cause as Error).message}`,
      {cause},
    );
  }
}
