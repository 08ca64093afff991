/**
 * ONNX Runtime on threads of its own, so that the event loop is free while it computes.
 *
 * Each thread has its own sessions: ONNX Runtime lets no two share one here. A session is made where it is needed first, and on further
 * threads once runs wait for it, so that who makes one call after the other pays for one.
 *
 * @module
 */

import {availableParallelism} from 'node:os';
import {nodeOnnxRuntime, publicOnnxRuntime} from './node_onnx.js';
import {OnnxThread} from './node_onnx_thread.js';
import type {
  AsyncOnnxRuntime,
  AsyncOnnxSession,
  OnnxRuntimeTensor,
  OnnxSessionOptions,
} from './onnx_runtime.js';
import {ownCopy, sharedCopy} from './shared_bytes.js';

/** A thread that has had nothing to do for so long is ended, its sessions with it. */
const IDLE_MS = 30_000;

let found: {readonly pool: OnnxPool | undefined} | undefined;

/** The pool of this process; undefined where onnxruntime-node is not installed, or has no binary for this machine. */
export function nodeOnnxPool(): AsyncOnnxRuntime | undefined {
  if (found === undefined) {
    const version = (nodeOnnxRuntime() ?? publicOnnxRuntime())?.version;
    found = {pool: version === undefined ? undefined : new OnnxPool(version)};
  }
  return found.pool;
}

export interface PoolOptions {
  /** Threads that compute at one time. Default: as many as there are processors. */
  readonly size?: number;
  /** Milliseconds after which a thread is ended that has had nothing to do. */
  readonly idleMilliseconds?: number;
}

/** What waits for a thread: a run, or the making of a session. */
interface Task {
  readonly session: PooledSession;
  readonly isMaking: boolean;
  work(thread: OnnxThread): Promise<OnnxRuntimeTensor[]>;
  resolve(results: OnnxRuntimeTensor[]): void;
  reject(error: unknown): void;
}

/** Threads, and what waits for them. */
export class OnnxPool implements AsyncOnnxRuntime {
  readonly version: string;
  readonly mapsFiles = true;
  readonly #size: number;
  readonly #idle: number;
  readonly #threads = new Set<OnnxThread>();
  readonly #timers = new Map<OnnxThread, ReturnType<typeof setTimeout>>();
  readonly #tasks = new Set<Task>();
  /** Sessions of models that nobody holds any more. */
  readonly #abandoned = new FinalizationRegistry((session: number) => this.free(session));
  #sessions = 0;

  constructor(
    version: string,
    {size = availableParallelism(), idleMilliseconds = IDLE_MS}: PoolOptions = {},
  ) {
    this.version = version;
    this.#size = size;
    this.#idle = idleMilliseconds;
  }

  /** Threads that there are now. */
  get threads(): number {
    return this.#threads.size;
  }

  /** Runs that wait for a thread. */
  get waiting(): number {
    return this.#tasks.size;
  }

  async createSession(model: Uint8Array, options: OnnxSessionOptions): Promise<AsyncOnnxSession> {
    const session = new PooledSession(this, ++this.#sessions, model, options);
    await this.#add({session, isMaking: true, work: (thread) => session.makeOn(thread)});
    this.#abandoned.register(session, session.id);
    return session;
  }

  /** @throws Error in ONNX Runtime's words; the signal's reason as soon as it is aborted. */
  run(
    session: PooledSession,
    work: (thread: OnnxThread) => Promise<OnnxRuntimeTensor[]>,
    signal?: AbortSignal,
  ): Promise<OnnxRuntimeTensor[]> {
    return this.#add({session, isMaking: false, work}, signal);
  }

  async #add(
    wanted: Pick<Task, 'session' | 'isMaking' | 'work'>,
    signal?: AbortSignal,
  ): Promise<OnnxRuntimeTensor[]> {
    signal?.throwIfAborted();
    let leave: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const task: Task = {...wanted, resolve, reject};
        leave = () => {
          this.#tasks.delete(task);
          // Its thread may be in the midst of it: nobody hears what comes of it.
          reject(signal!.reason);
        };
        signal?.addEventListener('abort', leave, {once: true});
        this.#tasks.add(task);
        this.#dispatch();
      });
    } finally {
      if (leave !== undefined) signal?.removeEventListener('abort', leave);
    }
  }

  /** Gives threads that are free what waits, first come, first served. */
  #dispatch(): void {
    for (const task of this.#tasks) {
      const {session} = task;
      if (!this.#hasRoomFor(session)) return;
      try {
        const thread = task.isMaking ? this.#anyThread() : this.#threadWith(session);
        if (thread !== undefined) {
          this.#tasks.delete(task);
          void this.#work(thread, task);
        } else if (!task.isMaking) this.#spread(session);
      } catch (error) {
        this.#tasks.delete(task);
        task.reject(error);
      }
    }
  }

  /** Has a session on one more thread, where more runs wait for it than threads are making it. */
  #spread(session: PooledSession): void {
    if (session.isRefused && this.#isHad(session)) return;
    if (session.makers >= this.#waitingFor(session).length) return;
    const thread = this.#anyThread();
    if (thread === undefined) return;
    void this.#work(thread, {
      session,
      isMaking: true,
      work: () => session.makeOn(thread),
      resolve: () => {},
      reject: (error) => {
        session.isRefused = true;
        // Those who have it go on with it; without any, nobody will.
        if (this.#isHad(session) || session.makers > 0) return;
        for (const task of this.#waitingFor(session)) {
          this.#tasks.delete(task);
          task.reject(error);
        }
      },
    });
  }

  #isHad({id}: PooledSession): boolean {
    return [...this.#threads].some(({isOver, sessions}) => !isOver && sessions.has(id));
  }

  #waitingFor(session: PooledSession): Task[] {
    return [...this.#tasks].filter((task) => task.session === session && !task.isMaking);
  }

  /** Sessions that use several threads of the machine leave room for fewer at a time. */
  #hasRoomFor({options}: PooledSession): boolean {
    let occupied = 0;
    for (const thread of this.#threads) occupied += thread.occupied;
    return occupied === 0 || occupied + options.threads <= this.#size;
  }

  #threadWith({id}: PooledSession): OnnxThread | undefined {
    return [...this.#threads].find(
      ({occupied, isOver, sessions}) => occupied === 0 && !isOver && sessions.has(id),
    );
  }

  #anyThread(): OnnxThread | undefined {
    const idle = [...this.#threads].find(({occupied, isOver}) => occupied === 0 && !isOver);
    return idle ?? (this.#threads.size < this.#size ? this.#start() : undefined);
  }

  #start(): OnnxThread {
    const thread: OnnxThread = new OnnxThread(() => {
      this.#threads.delete(thread);
      this.#stopTimer(thread);
      this.#dispatch();
    });
    this.#threads.add(thread);
    return thread;
  }

  async #work(thread: OnnxThread, {session, work, resolve, reject}: Task): Promise<void> {
    thread.occupied = session.options.threads;
    this.#stopTimer(thread);
    try {
      resolve(await work(thread));
    } catch (error) {
      reject(error);
    } finally {
      thread.occupied = 0;
      const timer = setTimeout(() => this.#end(thread), this.#idle);
      timer.unref();
      this.#timers.set(thread, timer);
      this.#dispatch();
    }
  }

  #end(thread: OnnxThread): void {
    this.#threads.delete(thread);
    this.#stopTimer(thread);
    thread.end();
  }

  #stopTimer(thread: OnnxThread): void {
    clearTimeout(this.#timers.get(thread));
    this.#timers.delete(thread);
  }

  /** Frees a session everywhere. */
  free(id: number): void {
    for (const thread of this.#threads) if (thread.sessions.has(id)) thread.free(id);
  }

  /** Ends all threads that have nothing to do. */
  dispose(): void {
    for (const thread of this.#threads) if (thread.occupied === 0) this.#end(thread);
  }
}

/** A session that any thread can make. */
class PooledSession implements AsyncOnnxSession {
  readonly id: number;
  readonly options: OnnxSessionOptions;
  /** Threads that are making it. */
  makers = 0;
  /** Whether a further thread could not make it, so that those who have it are all. */
  isRefused = false;
  readonly #pool: OnnxPool;
  readonly #model: Uint8Array;
  /** What threads make it of, while some do. */
  #shared: Promise<{readonly model: Uint8Array; readonly options: OnnxSessionOptions}> | undefined;
  #users = 0;
  #isDisposed = false;

  constructor(pool: OnnxPool, id: number, model: Uint8Array, options: OnnxSessionOptions) {
    this.#pool = pool;
    this.id = id;
    this.#model = model;
    this.options = options;
  }

  run(
    inputs: Readonly<Record<string, OnnxRuntimeTensor>>,
    outputs: readonly string[],
    {signal}: {readonly signal?: AbortSignal} = {},
  ): Promise<OnnxRuntimeTensor[]> {
    const work = async (thread: OnnxThread): Promise<OnnxRuntimeTensor[]> => {
      const buffers: ArrayBuffer[] = [];
      const copies: [string, OnnxRuntimeTensor][] = [];
      for (const [name, {type, dims, data}] of Object.entries(inputs)) {
        const {copy, buffer} = await ownCopy(data);
        buffers.push(buffer);
        copies.push([name, {type, dims, data: copy}]);
      }
      const own = Object.fromEntries(copies);
      return thread.ask({kind: 'run', session: this.id, inputs: own, outputs}, buffers);
    };
    return this.#using(() => this.#pool.run(this, (thread) => this.#using(() => work(thread)), signal));
  }

  /** What is under way keeps the session: a run, and the work of a thread, which goes on when nobody wants it any more. */
  async #using<T>(f: () => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await f();
    } finally {
      this.#users--;
      this.#freeIfUnused();
    }
  }

  async makeOn(thread: OnnxThread): Promise<OnnxRuntimeTensor[]> {
    this.makers++;
    try {
      this.#shared ??= this.#share();
      await thread.ask({kind: 'create', session: this.id, ...(await this.#shared)});
      thread.sessions.add(this.id);
      return [];
    } finally {
      if (--this.makers === 0) this.#shared = undefined;
      this.#freeIfUnused();
    }
  }

  async #share(): Promise<{readonly model: Uint8Array; readonly options: OnnxSessionOptions}> {
    const {external = []} = this.options;
    const shared: {path: string; data: Uint8Array}[] = [];
    for (const {path, data} of external) shared.push({path, data: await sharedCopy(data)});
    return {model: await sharedCopy(this.#model), options: {...this.options, external: shared}};
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#isDisposed && this.#users === 0) this.#pool.free(this.id);
  }
}
