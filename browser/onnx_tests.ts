/**
 * Tests of onnxruntime-web in Chromium: what a page computes with it, and what its bundle contains.
 *
 * @module
 */

import type {Page} from 'playwright-core';
import type {EngineOptions} from '../src/index.js';
import {firstCase} from './cases.js';
import type {Calls, Seen} from './onnx_page.js';
import type {Built} from './pages.js';
import {demand, FEATURES, open, type Test, type World} from './world.js';

/** Asks the page to call the model with convolutions, and gives what it says, and what TensorFlow computed. */
async function call(world: World, tab: Page, options: EngineOptions) {
  const {inputs, outputs} = await firstCase(FEATURES);
  const said = await tab.evaluate(([handle, input, how]) => window.onnxTests.call(handle, input, how), [
    `${world.host.url}/features`,
    inputs['']!,
    options,
  ] as const);
  return {said, expected: outputs['']!.values};
}

/** Both kinds of calls give what TensorFlow computed. */
async function computes(world: World, tab: Page, options: EngineOptions = {engine: 'onnx'}): Promise<Seen> {
  const {said, expected} = await call(world, tab, options);
  if ('error' in said) throw new Error(said.error);
  for (const [kind, values] of Object.entries(said as Calls)) {
    demand(
      expected.every((value, i) => Math.abs(value - values[i]!) <= 1e-5 + 1e-4 * Math.abs(value)),
      `${kind} calls give ${values} instead of ${expected}`,
    );
  }
  return tab.evaluate(() => window.onnxTests.seen());
}

/** Sessions besides the one by which it is found out whether the package starts: one for the model, which is run twice. */
function demandOneSession({imports, sessions, runs}: Seen, provider: string): void {
  const of = sessions.map((each) => each.join()).join(' ');
  demand(of === `wasm ${provider}` && runs === 2, `sessions: ${of}; runs: ${runs}`);
  demand(imports === 1, `${imports} imports`);
}

/** The lines that a page says. */
function linesOf(tab: Page): string[] {
  const lines: string[] = [];
  tab.on('console', (message) => lines.push(message.text()));
  return lines;
}

const isOfPackage = (module: string): boolean => /node_modules\/onnxruntime/.test(module);

/** The chunks with code of the package. */
const chunksOfPackage = ({files}: Built) =>
  files.filter((file) => file.type === 'chunk').filter(({moduleIds}) => moduleIds.some(isOfPackage));

export const ONNX_TESTS: Readonly<Record<string, Test>> = {
  'a page that does not use onnxruntime-web does not contain it': async ({pages: {page}}) => {
    demand(chunksOfPackage(page).length === 0, 'A chunk contains code of onnxruntime.');
    const files = page.files.map(({fileName}) => fileName);
    demand(!files.some((name) => name.endsWith('.wasm')), `files: ${files}`);
  },

  'a page that uses onnxruntime-web has it in chunks of their own': async ({pages: {onnx}}) => {
    const chunks = chunksOfPackage(onnx);
    demand(chunks.length === 2, `${chunks.length} chunks contain code of the builds that are imported`);
    for (const {fileName, isEntry, moduleIds} of chunks) {
      demand(!isEntry && moduleIds.every(isOfPackage), `${fileName} contains other code, too`);
      const importers = onnx.files.filter((file) => file.type === 'chunk' && file.imports.includes(fileName));
      demand(importers.length === 0, `${fileName} is loaded with another chunk`);
    }
  },

  'asynchronous calls run on onnxruntime-web, synchronous ones on tfjs': async (world, context) => {
    const tab = await open(world, context, 'onnx/onnx.html');
    const before = await tab.evaluate(() => window.onnxTests.seen());
    demand(before.imports === 0, 'The package was imported before it was needed.');
    const seen = await computes(world, tab);
    demandOneSession(seen, 'wasm');
    demand(seen.threads === 1, `${seen.threads} threads in a page that is not isolated`);
  },

  'onnxruntime-web has several threads where the page is isolated': async (world, context) => {
    const tab = await open(world, context, 'isolated/onnx/onnx.html');
    const seen = await computes(world, tab, {engine: 'onnx', onnx: {threads: 2}});
    demandOneSession(seen, 'wasm');
    demand(seen.threads === 2, `${seen.threads} threads`);
    demand(tab.workers().length >= 1, 'The package has started no thread.');
  },

  'onnxruntime-web computes in its own worker, if it is told to': async (world, context) => {
    const tab = await open(world, context, 'onnx/onnx.html?proxy');
    demandOneSession(await computes(world, tab), 'wasm');
    demand(tab.workers().length === 1, `${tab.workers().length} workers`);
  },

  'onnxruntime-web computes on a GPU': async (world, context) => {
    const tab = await open(world, context, 'onnx/onnx.html?webgpu');
    const seen = await computes(world, tab, {engine: 'onnx', onnx: {provider: 'webgpu'}});
    demandOneSession(seen, 'webgpu');
    demand(seen.submissions > 0, 'Nothing was handed to the GPU.');
  },

  'a page without WebGPU computes on the processor instead, and is told so': async (world, context) => {
    await context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', {value: undefined});
    });
    const tab = await open(world, context, 'onnx/onnx.html?webgpu');
    const lines = linesOf(tab);
    const seen = await computes(world, tab, {engine: 'onnx', onnx: {provider: 'webgpu'}});
    demandOneSession(seen, 'wasm');
    demand(seen.submissions === 0, 'Something was handed to a GPU.');
    demand(lines.filter((line) => line.includes("no 'webgpu'")).length === 1, `said: ${lines}`);
  },

  'where the wasm file is missing, tfjs computes, or the error says what to do': async (world, context) => {
    const tab = await open(world, context, 'onnx/onnx.html?elsewhere');
    const lines = linesOf(tab);
    const seen = await computes(world, tab, {engine: 'auto'});
    demand(seen.sessions.length === 0, 'There are sessions all the same.');
    demand(
      lines.some((line) => /models run on tfjs: .*wasmPaths/.test(line)),
      `said: ${lines}`,
    );
    const {said} = await call(world, tab, {engine: 'onnx'});
    demand('error' in said && /engine 'onnx' needs.*wasmPaths/.test(said.error), JSON.stringify(said));
  },
};
