/**
 * The ONNX Runtime that a user hands over, for machines whose own cannot be found: browsers.
 *
 * @module
 */

import {type AsyncOnnxRuntime, OnnxRuntimeUnavailable} from './onnx_runtime.js';
import {type OnnxRuntimeWeb, webOnnxRuntime} from './onnx_web.js';

/** Gives onnxruntime-web: as `import('onnxruntime-web')` does. */
export type OnnxRuntimeLoader = () => OnnxRuntimeWeb | Promise<OnnxRuntimeWeb>;

let load: OnnxRuntimeLoader | undefined;
let started: Promise<AsyncOnnxRuntime> | undefined;

/**
 * Has onnxruntime-web compute the asynchronous calls of models that are loaded from now on, unless with `engine: 'tfjs'`. The package is the
 * user's own dependency, version 1.30 or later. It is loaded when it is first needed.
 *
 * Where it is loaded, `ort.env` can be set: how many threads it has, and where its wasm file is. In Node, `onnxruntime-node` goes before it.
 *
 * @example
 * ```ts
 * import {load, useOnnxRuntime} from 'tensorflow-hub';
 *
 * useOnnxRuntime(() => import('onnxruntime-web/wasm'));
 * const model = await load(handle);
 * const {logits} = await model.signatures.serving_default.async({image});
 * ```
 *
 * @param loader - imports the package, in the build that is wanted: `'onnxruntime-web/wasm'` for the processor, `'onnxruntime-web/webgpu'` for
 *   `onnx: {provider: 'webgpu'}`
 */
export function useOnnxRuntime(loader: OnnxRuntimeLoader): void {
  load = loader;
  started = undefined;
}

/** Starts what {@link useOnnxRuntime} was given; undefined where nothing was. */
export function givenOnnxRuntime(): ((threads?: number) => Promise<AsyncOnnxRuntime>) | undefined {
  const loader = load;
  return loader && ((threads) => startedOnce(loader, threads));
}

/**
 * @param threads - that a call may use, where the user has not set that in `ort.env`
 * @throws OnnxRuntimeUnavailable where it cannot be loaded, or does not start; who asks again has it tried again
 */
function startedOnce(loader: OnnxRuntimeLoader, threads: number | undefined): Promise<AsyncOnnxRuntime> {
  const starting = (started ??= start(loader, threads));
  starting.catch(() => {
    if (started === starting) started = undefined;
  });
  return starting;
}

async function start(loader: OnnxRuntimeLoader, threads: number | undefined): Promise<AsyncOnnxRuntime> {
  try {
    return await webOnnxRuntime(packageOf(await loader()), threads);
  } catch (error) {
    if (error instanceof OnnxRuntimeUnavailable) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new OnnxRuntimeUnavailable(
      `onnxruntime-web could not be loaded, as useOnnxRuntime was told: ${message}`,
      {
        cause: error,
      },
    );
  }
}

/** Some bundlers put all that a package exports below `default`. */
function packageOf(module: OnnxRuntimeWeb & {readonly default?: OnnxRuntimeWeb}): OnnxRuntimeWeb {
  const found = [module, module?.default].find((each) => each?.InferenceSession !== undefined);
  if (found !== undefined) return found;
  throw new OnnxRuntimeUnavailable(
    "what useOnnxRuntime's function gave is not onnxruntime-web: it has no InferenceSession",
  );
}
