/**
 * onnxruntime-web as what is asked of ONNX Runtime: sessions whose calls give promises. Who uses the package hands it over
 * (`given_onnx.ts`); nothing here imports it, so that only the bundles of those who do contain it.
 *
 * @module
 */

import {warnOnce} from '../log.js';
import {
  type AsyncOnnxRuntime,
  type AsyncOnnxSession,
  type OnnxRuntimeTensor,
  OnnxRuntimeUnavailable,
  type OnnxSessionOptions,
} from './onnx_runtime.js';
import {Turns} from './turns.js';

/** What is used of onnxruntime-web, which each of its builds has: `onnxruntime-web`, `/wasm`, `/webgpu`, `/jspi`, `/all`. */
export interface OnnxRuntimeWeb {
  readonly InferenceSession: {create(model: Uint8Array, options: object): Promise<WebSession>};
  readonly Tensor: new (...args: never[]) => object;
  readonly env: {
    readonly versions: {readonly common: string; readonly web?: string};
    readonly wasm: {numThreads?: number; proxy?: boolean};
  };
}

/** A session of the package. */
export interface WebSession {
  run(feeds: object, fetches: readonly string[], options: object): Promise<Readonly<Record<string, object>>>;
  release(): Promise<void>;
}

/** The package's levels of what it logs: errors are thrown, the rest is of no use to callers. */
const LOG_NOTHING = 4;

/** What the package calls the processor. */
const PROCESSOR = 'wasm';

/** What the package says where it does not have, or the page cannot use, a provider. */
const NO_PROVIDER = 'no available backend found';

/** A model of one node, `y = Identity(x)`, as `encodeModel` writes it. */
export const TRIAL_MODEL =
  'CAoSDnRlbnNvcmZsb3ctaHViOjYKEwoBeBIBeRoBeSIISWRlbnRpdHkSBXRyaWFsWgsKAXgSBgoECAESAGILCgF5EgYKBAgBEgBCAhAV';

/**
 * Starts onnxruntime-web, which fetches and compiles its wasm file.
 *
 * @param threads - that a call may use, where neither `env.wasm.numThreads` nor an earlier start has decided that
 * @throws OnnxRuntimeUnavailable where it cannot start
 */
export async function webOnnxRuntime(ort: OnnxRuntimeWeb, threads?: number): Promise<AsyncOnnxRuntime> {
  if (threads !== undefined) ort.env.wasm.numThreads ||= threads;
  const runtime = new WebRuntime(ort);
  const trial = Uint8Array.from(atob(TRIAL_MODEL), (char) => char.charCodeAt(0));
  try {
    // All that may be wrong with the package and its files shows now, and not in each session.
    await (await runtime.createSession(trial, {threads: 1})).dispose();
  } catch (error) {
    throw new OnnxRuntimeUnavailable(
      `onnxruntime-web ${runtime.version} does not start: ${messageOf(error)}. It needs its ort-wasm-*.wasm beside its script, ` +
        'or where ort.env.wasm.wasmPaths says',
      {cause: error},
    );
  }
  return runtime;
}

class WebRuntime implements AsyncOnnxRuntime {
  readonly version: string;
  readonly #ort: OnnxRuntimeWeb;
  /**
   * The package has one heap with one stack, and one list of the data beside a model: a step that begins while another one waits
   * for something would disturb it.
   */
  readonly #turns = new Turns();
  /** Providers that are not there. */
  readonly #missing = new Set<string>();

  constructor(ort: OnnxRuntimeWeb) {
    this.#ort = ort;
    this.version = ort.env.versions.web ?? ort.env.versions.common;
  }

  createSession(model: Uint8Array, options: OnnxSessionOptions): Promise<AsyncOnnxSession> {
    return this.#turns.take(
      async () => new Session(this.#ort, await this.#create(model, options), this.#turns),
    );
  }

  async #create(model: Uint8Array, options: OnnxSessionOptions): Promise<WebSession> {
    const {provider = PROCESSOR} = options;
    const chosen = provider === 'cpu' || this.#missing.has(provider) ? PROCESSOR : provider;
    try {
      return await this.#createOn(chosen, model, options);
    } catch (error) {
      if (chosen === PROCESSOR || !messageOf(error).includes(NO_PROVIDER)) throw error;
      this.#missing.add(chosen);
      warnOnce(`ONNX Runtime computes on the processor: there is no '${chosen}' (${messageOf(error)})`);
      return this.#createOn(PROCESSOR, model, options);
    }
  }

  #createOn(
    provider: string,
    model: Uint8Array,
    {optimization = 'all', external = []}: OnnxSessionOptions,
  ): Promise<WebSession> {
    return this.#ort.InferenceSession.create(ownedIf(isProxied(this.#ort), model), {
      executionProviders: [provider],
      graphOptimizationLevel: optimization,
      logSeverityLevel: LOG_NOTHING,
      externalData: external.map(({path, data}) => ({path, data: ownedIf(isProxied(this.#ort), data)})),
    });
  }
}

class Session implements AsyncOnnxSession {
  readonly #ort: OnnxRuntimeWeb;
  readonly #session: WebSession;
  readonly #turns: Turns;

  constructor(ort: OnnxRuntimeWeb, session: WebSession, turns: Turns) {
    this.#ort = ort;
    this.#session = session;
    this.#turns = turns;
  }

  run(
    inputs: Readonly<Record<string, OnnxRuntimeTensor>>,
    outputs: readonly string[],
    {signal}: {readonly signal?: AbortSignal} = {},
  ): Promise<OnnxRuntimeTensor[]> {
    return this.#turns.take(async () => {
      const feeds: Record<string, object> = {};
      for (const [name, tensor] of Object.entries(inputs)) feeds[name] = this.#fed(tensor);
      const results = await this.#session.run(feeds, outputs, {logSeverityLevel: LOG_NOTHING});
      return outputs.map((name) => results[name] as OnnxRuntimeTensor);
    }, signal);
  }

  dispose(): Promise<void> {
    return this.#turns.take(() => this.#session.release());
  }

  #fed({type, dims, data}: OnnxRuntimeTensor): object {
    const Tensor = this.#ort.Tensor as new (
      type: string,
      data: ArrayBufferView,
      dims: readonly number[],
    ) => object;
    return new Tensor(type, ownedIf(isProxied(this.#ort), data), dims);
  }
}

/** Whether the package computes in a worker of its own. */
const isProxied = ({env}: OnnxRuntimeWeb): boolean => env.wasm.proxy === true;

/** Memory that may be taken away, as what goes to the package's worker is: with all else that is in the same buffer. */
function ownedIf<T extends ArrayBufferView>(isTaken: boolean, view: T): T {
  return isTaken ? ((view as ArrayBufferView as Uint8Array).slice() as ArrayBufferView as T) : view;
}

/** What was thrown, in words; the package throws numbers, too. */
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
