/**
 * Tests of the interpreter on tfjs's wasm backend in Chromium.
 *
 * @module
 */

import {firstCase} from './cases.js';
import {demand, FEATURES, open, type Test} from './world.js';

/** Calls the model with convolutions; demands what TensorFlow computed, in the module that the page gets. */
const computes =
  (page: string, isShared: boolean): Test =>
  async (world, context) => {
    const {inputs, outputs} = await firstCase(FEATURES);
    const tab = await open(world, context, page);
    const said = await tab.evaluate(([handle, input]) => window.wasmTests.call(handle, input), [
      `${world.host.url}/features`,
      inputs['']!,
    ] as const);
    const expected = outputs['']!.values;
    demand(
      expected.every((value, i) => Math.abs(value - said.values[i]!) <= 1e-5 + 1e-4 * Math.abs(value)),
      `${said.values} instead of ${expected}`,
    );
    demand(said.isShared === isShared, `the module for threads: ${said.isShared}`);
    // tfjs 4.22 has one, whatever it is asked for (tensorflow/tfjs#8513): where this fails, docs/native-engine.md can promise more.
    demand(said.threads === 1, `${said.threads} threads`);
  };

export const WASM_TESTS: Readonly<Record<string, Test>> = {
  "a model runs on tfjs's wasm backend": computes('wasm/wasm.html', false),
  "a model runs on tfjs's wasm backend in memory for threads, where the page is isolated": computes(
    'isolated/wasm/wasm.html',
    true,
  ),
};
