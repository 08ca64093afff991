/**
 * What is asked of ONNX Runtime, wherever it comes from.
 *
 * @module
 */

/** A tensor that goes into a session or comes out of one. */
export interface OnnxRuntimeTensor {
  /** As ONNX Runtime calls its types. */
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayBufferView;
}

/** How to make a session. */
export interface OnnxSessionOptions {
  /** Threads that one call may use. */
  readonly threads: number;
  /** How much ONNX Runtime changes the graph before it runs. Default: all that it can. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** What computes. Default: the processor. */
  readonly provider?: string;
  /**
   * Bytes of initializers beside the model, by the name that the model has for their place. Other places are files, by the path from
   * {@link directory}.
   */
  readonly external?: readonly {readonly path: string; readonly data: Uint8Array}[];
  /** Where files are that the model names: these are mapped. Default: the root of the file system. */
  readonly directory?: string;
  /** Where to write the optimised model, and the name of the file beside it for its constants. */
  readonly optimizedTo?: {readonly path: string; readonly constants: string};
}

/** A graph that is ready to run. */
export interface OnnxSession {
  /**
   * Computes the outputs in the order in which they are named. Inputs are not copied and not kept; outputs are memory of their own.
   *
   * @throws Error in ONNX Runtime's own words.
   */
  run(inputs: Readonly<Record<string, OnnxRuntimeTensor>>, outputs: readonly string[]): OnnxRuntimeTensor[];
  /** Frees what the session holds. */
  dispose(): void;
}

/** ONNX Runtime, as far as calls can be made of it that return when they are done. */
export interface OnnxRuntime {
  readonly version: string;
  /** Whether initializers may be in files, see {@link OnnxSessionOptions.external}. */
  readonly mapsFiles?: boolean;
  /** @throws Error in ONNX Runtime's own words, of a model that it cannot run. */
  createSession(model: Uint8Array, options: OnnxSessionOptions): OnnxSession;
}

/** A graph that is ready to run where it does not hold up who asks. */
export interface AsyncOnnxSession {
  /**
   * Computes the outputs in the order in which they are named. Inputs are copied, and must stay as they are until the promise settles; outputs
   * are memory of their own.
   *
   * @param options - `signal`: when aborted, the promise is rejected with its reason at once, and what comes of the run is dropped
   * @throws Error in ONNX Runtime's own words.
   */
  run(
    inputs: Readonly<Record<string, OnnxRuntimeTensor>>,
    outputs: readonly string[],
    options?: {readonly signal?: AbortSignal},
  ): Promise<OnnxRuntimeTensor[]>;
  /** Frees what the session holds, once the runs that were asked for are done. */
  dispose(): void | Promise<void>;
}

/** ONNX Runtime where calls of it leave the event loop free. */
export interface AsyncOnnxRuntime {
  readonly version: string;
  /** Whether initializers may be in files, see {@link OnnxSessionOptions.external}. */
  readonly mapsFiles?: boolean;
  /**
   * The bytes of the model, and those beside it, must stay as they are until the session is disposed.
   *
   * @throws Error in ONNX Runtime's own words, of a model that it cannot run; {@link OnnxRuntimeUnavailable} where it cannot run any.
   */
  createSession(model: Uint8Array, options: OnnxSessionOptions): Promise<AsyncOnnxSession>;
}

/** ONNX Runtime cannot be had in this way on this machine, whatever the model. */
export class OnnxRuntimeUnavailable extends Error {
  override readonly name = 'OnnxRuntimeUnavailable';
}
