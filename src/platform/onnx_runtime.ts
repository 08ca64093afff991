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
   * the file system's root, without the `/`; these are mapped.
   */
  readonly external?: readonly {readonly path: string; readonly data: Uint8Array}[];
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
  /** @throws Error in ONNX Runtime's own words, of a model that it cannot run. */
  createSession(model: Uint8Array, options: OnnxSessionOptions): OnnxSession;
}
