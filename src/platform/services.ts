/**
 * What resolving a handle asks of the machine: environment variables, HTTP, files, a place for a cache.
 *
 * @module
 */

import type {FileWriter, ModelDirectory} from './platform.js';

export type {FileWriter} from './platform.js';

/** One HTTP exchange, without redirects, retries or time-outs: those are decided above. */
export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Accept any certificate. */
  readonly insecure: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** The address that answered; differs from the request's where the client follows redirects by itself. */
  readonly url: string;
  /** The value of a header, or null. Names are compared without case. */
  header(name: string): string | null;
  /** The bytes as they came over the wire where the client allows it (see `decodesContent`). */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /**
   * Sends a GET. A status of any value is an answer; what is no answer at all rejects. Redirects are answers, too,
   * except in browsers, which follow them and do not show them.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Browsers undo `Content-Encoding`, so that lengths and hashes of the transfer no longer match the body. */
  readonly decodesContent: boolean;
}

/** Where the files of a model that is being downloaded go. Paths are relative, normalised and use `/`. */
export interface ModelSink {
  createDirectory(path: string): Promise<void>;
  /** Creates a file, and the directories above it where they are missing. */
  createFile(path: string): Promise<FileWriter>;
  /** Removes everything written so far, to start over. */
  clear(): Promise<void>;
}

/** A model's files and their sizes in bytes, by path. */
export type FileSizes = Readonly<Record<string, number>>;

export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** What is at a path itself; `FileStatus` tells of what a symbolic link there leads to. */
export interface FileEntry {
  readonly kind: FileStatus['kind'] | 'link';
  /** Belongs to the user of this process; true where a system has no such owners. */
  readonly isOwn: boolean;
  /** Nobody but its owner may read or write it. */
  readonly isPrivate: boolean;
}

/**
 * A file system with locks by exclusive creation, as the cache of a Node program needs it. Paths are native.
 *
 * What fails, fails with a `FileError`, which says why in words.
 */
export interface FileSystem {
  readonly temporaryDirectory: string;
  readonly homeDirectory: string;
  readonly hostName: string;
  readonly processId: number;
  join(...parts: string[]): string;
  /** An absolute path, from a relative one or from a `file:` URL. */
  absolute(pathOrUrl: string): string;
  /** A path that is the same for every way to write it, as a `file:` URL. */
  fileUrl(path: string): string;
  /** What is at `path`, through symbolic links; null where nothing is. */
  status(path: string): Promise<FileStatus | null>;
  /** What is at `path`, symbolic links not followed; null where nothing is. */
  entry(path: string): Promise<FileEntry | null>;
  /** The names in a directory, or null where there is no directory. */
  list(path: string): Promise<string[] | null>;
  /** The text of a file, or null where no file is. */
  readText(path: string): Promise<string | null>;
  /**
   * Writes a file that only this user can read, so that it is seen complete or not at all, replacing one that is there.
   */
  writeText(path: string, text: string): Promise<void>;
  /** As `writeText`, but readable for all, and false, and nothing written, where a file is there already. Fails where something else is. */
  createText(path: string, text: string): Promise<boolean>;
  /** Creates a directory, and those above it, where they are missing. */
  makeDirectory(path: string): Promise<void>;
  /** As `makeDirectory`, for the user of this process alone: others may neither read nor write what is in it. */
  makePrivate(path: string): Promise<void>;
  /** Renames a file or directory. False where a directory that is not empty is in the way. */
  rename(from: string, to: string): Promise<boolean>;
  /** Removes a file, or a directory with all in it; nothing happens where nothing is. */
  remove(path: string): Promise<void>;
  /** Sets the modification time to now; false where that is not allowed. */
  touch(path: string): Promise<boolean>;
  createFile(path: string): Promise<FileWriter>;
  /** The bytes of a file, in chunks. */
  readFile(path: string): AsyncIterable<Uint8Array>;
  /** Whether two files hold the same bytes. */
  sameContent(a: string, b: string): Promise<boolean>;
  /** Whether a process of this machine is alive. */
  isProcessAlive(processId: number): boolean;
  directory(path: string): ModelDirectory;
}

/** A cache in browser storage. */
export interface BrowserCache {
  /** The model that was stored under `key`, if it is whole. */
  lookup(key: string): Promise<ModelDirectory | null>;
  /** Runs `task` while no other tab or worker of this origin runs one for the same key. */
  exclusively<T>(key: string, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T>;
  /** Starts to store a model. It can be looked up once `commit` has returned, and never before. */
  begin(key: string, handle: string): Promise<BrowserCacheWriter>;
  entries(): Promise<CacheEntry[]>;
  remove(key: string): Promise<boolean>;
}

export interface BrowserCacheWriter extends ModelSink {
  commit(files: FileSizes): Promise<ModelDirectory>;
}

/** A cached model, as `tfhub cache list` shows it. */
export interface CacheEntry {
  /** The name of the model's directory: the SHA-1 of its handle. */
  readonly key: string;
  /** Unknown where the file that tells was deleted. */
  readonly handle: string | null;
  /** Bytes. */
  readonly size: number;
  readonly downloaded: Date | null;
  readonly lastUsed: Date | null;
}

/** A bar on a terminal, or lines. */
export interface ProgressDisplay {
  update(receivedBytes: number, totalBytes: number | null): void;
  stop(): void;
}

/** A writable and readable pair: bytes in, something else out. */
export interface Transform<T> {
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly readable: ReadableStream<T>;
}

/** A hash being computed. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** The hash of all bytes so far. Nothing can be added afterwards. */
  digest(): Uint8Array;
}

/** The machine, for resolving handles. */
export interface HubServices {
  environment(name: string): string | undefined;
  readonly http: HttpClient;
  /** Null in a browser. */
  readonly files: FileSystem | null;
  /** Null in Node, and where a browser gives a page no storage. */
  browserCache(): Promise<BrowserCache | null>;
  /** The directory that an object of the platform stands for (picked, dropped), or null where it is none. */
  directoryOf(source: unknown): Promise<ModelDirectory | null>;
  /** Undoes gzip; fails where the data is corrupt or ends early. */
  gunzip(): Transform<Uint8Array>;
  /** Undoes the zlib format, which its name here is not; fails where the data is corrupt or ends early. */
  inflate(): Transform<Uint8Array>;
  /** Compresses: to gzip, or to the zlib format (`deflate`). */
  compress(format: 'gzip' | 'deflate'): Transform<Uint8Array>;
  /** SHA-1 in hexadecimal of a text's UTF-8 bytes. */
  sha1(text: string): Promise<string>;
  /** A SHA-256 that takes its bytes piece by piece. */
  sha256(): Hash;
  /** Shows a download to a person who asked for it (TFHUB_DOWNLOAD_PROGRESS). */
  showProgress(label: string): ProgressDisplay;
}

let current: HubServices | null = null;

/** Called by a package entry point, with the services of its platform. */
export function setHubServices(services: HubServices): void {
  current = services;
}

export function getHubServices(): HubServices {
  if (!current)
    throw new Error('No platform is set: import the package by its name, not one of its modules.');
  return current;
}
