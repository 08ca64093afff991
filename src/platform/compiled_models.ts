/**
 * What was made of models for this machine, kept from one process to the next.
 *
 * @module
 */

/** A model as ONNX Runtime has optimised it. */
export interface CompiledModel {
  readonly model: Uint8Array;
  /** Where the files are that it names. */
  readonly directory: string;
}

/** A compiled model that is being written. */
export interface PendingModel {
  /** Where the model goes; its constants go into {@link constants} beside it. */
  readonly path: string;
  /** The name of the file beside it. */
  readonly constants: string;
  /** Keeps it, unless another process was faster. What was not used for the longest time goes where there is no room. */
  keep(): void;
  discard(): void;
}

/** A compiled model that is kept. */
export interface CompiledEntry {
  readonly key: string;
  /** Bytes on the disk. */
  readonly size: number;
  readonly lastUsed: Date;
}

/** Compiled models by what they were made of. Several processes may use it at a time. Nothing of it fails: what cannot be kept is compiled again. */
export interface CompiledModels {
  readonly directory: string;
  /** Bytes that a model may have to be kept. */
  readonly most: number;
  /** The name of what a machine like this one makes of such parts. */
  key(parts: Iterable<string | Uint8Array>): string;
  /** What is kept under a key, compared with its checksum; it counts as used now. */
  find(key: string): CompiledModel | undefined;
  /** Starts to write what is to be kept under a key; undefined where that is not possible. */
  begin(key: string): PendingModel | undefined;
  /** Removes what is kept under a key. */
  remove(key: string): void;
  entries(): readonly CompiledEntry[];
}
