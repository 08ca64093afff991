/**
 * What this library needs of the machine it runs on. The Node and browser implementations are the only
 * modules that import `node:*` or touch browser storage; everything else is written against these types.
 *
 * @module
 */

import type {CompiledModels} from './compiled_models.js';
import type {AsyncOnnxRuntime, OnnxRuntime} from './onnx_runtime.js';

/** A file that can be read by range. Implementations hold no more of it in memory than a read returns. */
export interface FileHandle {
  /** Size in bytes. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws FormatError when the file ends before `target` is full.
   */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  /** The same file, kept open by itself. Absent, or null, where files cannot be kept so. */
  hold?(): HeldFile | null;
  /** How the file is now. Absent where others cannot change it, or nobody can know. */
  version?(): Promise<FileVersion>;
  close(): Promise<void>;
}

/** A file that stays open whoever closes the others, and whatever is put in its place under its name. */
export interface HeldFile extends FileHandle {
  /** Where the operating system shows the open file: who opens this path, opens the very same file. */
  readonly path: string;
  /** Tells it, as it was when it was opened, from all other files of this machine, and from itself before and after a change. */
  readonly identity?: string;
  /** As `readInto`, done when it returns. */
  readNow(target: Uint8Array, offset: number): void;
}

/** What a file is at one moment. */
export interface FileVersion {
  /** Tells it from other files of its name, and from itself before it was changed. */
  readonly id: string;
  /** When it was changed last, in milliseconds since the epoch. */
  readonly modified: number;
}

/** A directory of a model: local, in browser storage, picked by the user, or remote. Paths use `/`. */
export interface ModelDirectory {
  /** What to call this directory in messages. */
  readonly name: string;
  /** A local file system path, where there is one. */
  readonly path?: string;
  /** Opens a file for reading, or returns null where there is none of that name. */
  open(path: string): Promise<FileHandle | null>;
  /** Names of the entries directly under `path` (files and directories); empty where it does not exist. */
  list(path?: string): Promise<string[]>;
  /** Resolves once nobody is putting files into their places here; absent where nobody can know. */
  settled?(): Promise<void>;
}

/** A file being written. Nothing else may rely on it before `close` has returned. */
export interface FileWriter {
  /** Appends bytes, which stay as they are until this returns. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A directory that files are written to. Paths are relative and use `/`. */
export interface OutputDirectory {
  /** What to call this directory in messages. */
  readonly name: string;
  /** Creates a file, and the directories above it where they are missing. */
  createFile(path: string): Promise<FileWriter>;
}

/** Files that appear together once all are written, or not at all. */
export interface PendingOutput extends OutputDirectory {
  /** Puts the files in their places. Nothing can be written afterwards. */
  commit(): Promise<void>;
  /** Leaves everything as it was before. */
  discard(): Promise<void>;
}

/** A directory whose files can be read, added to and removed. */
export interface WritableDirectory extends ModelDirectory {
  /**
   * Starts to write files.
   *
   * @param options - whether they replace those of the same names (default), or a file that is there is a SaveError
   */
  begin(options?: WriteFilesOptions): Promise<PendingOutput>;
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): Promise<void>;
}

/** How files are written into a directory that may have others. */
export interface WriteFilesOptions {
  /** Replace files of the same names. Default true. */
  readonly overwrite?: boolean;
}

export interface CreateModelOptions {
  /** Replace a model that is there. Anything else is never replaced. */
  readonly overwrite: boolean;
  /** Ends waiting for others that write to the same place. */
  readonly signal?: AbortSignal | undefined;
  /** For how many milliseconds to wait for them. Default 5 minutes. */
  readonly waitMs?: number | undefined;
}

/** What the core asks of the machine. */
export interface Platform {
  /** ONNX Runtime, where it is installed and calls of it return when they are done. */
  onnxRuntime?(): OnnxRuntime | undefined;
  /**
   * ONNX Runtime beside the event loop; absent where there is none. Who answers with a promise may load it only then.
   *
   * @param threads - that a call may use, where they are not a session's own
   */
  asyncOnnxRuntime?(threads?: number): AsyncOnnxRuntime | Promise<AsyncOnnxRuntime | undefined> | undefined;
  /**
   * What was compiled for this machine before, and is kept beside the models in a cache directory. Undefined where nothing is kept.
   *
   * @param cacheDir - absent: the directory that models are kept in where nobody says where
   */
  compiledModels?(cacheDir?: string): CompiledModels | undefined;
  /** Processors that this process may use. */
  processors?(): number;
  /** The value of an environment variable. */
  variable?(name: string): string | undefined;
  /** CRC-32C (Castagnoli) of `bytes`, continued from `seed` (the CRC of what came before; 0 at the start). */
  crc32c(bytes: Uint8Array, seed?: number): number;
  /** Bytes of memory that this process may use at most: the machine's, or its container's. */
  memoryBytes?(): number;
  /** Imports a tfjs backend that suits the machine, where one is installed; for users who have chosen none. */
  importBackend?(): Promise<void>;
  /**
   * Starts to write a model: at a path in Node, into a directory handle in browsers. Null where `target` is neither.
   *
   * @throws SaveError when there is something at the target that is not to be replaced.
   */
  createModel?(target: unknown, options: CreateModelOptions): Promise<PendingOutput | null>;
  /** The directory at a path, or that of a handle; it need not exist. Null where `target` is neither. */
  writableDirectory?(target: unknown): Promise<WritableDirectory | null>;
}
