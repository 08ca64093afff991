/**
 * A directory handle in memory: as much of the browser's interface as reading and writing models takes, with files that
 * change when what was written to them is closed.
 *
 * @module
 */

const notFound = () => new DOMException('no such entry', 'NotFoundError');

class MemoryFile {
  readonly kind = 'file';
  content = new Blob();
  /** Unlike a clock, never the same twice. */
  changes = 0;

  constructor(
    readonly name: string,
    private readonly events: string[],
  ) {}

  async getFile(): Promise<File> {
    return new File([this.content], this.name, {lastModified: this.changes});
  }

  async createWritable(): Promise<unknown> {
    const pieces: BlobPart[] = [];
    return {
      write: async (bytes: Uint8Array<ArrayBuffer>) => void pieces.push(bytes.slice()),
      close: async () => {
        this.events.push(`close ${this.name}`);
        this.content = new Blob(pieces);
        this.changes++;
      },
      abort: async () => undefined,
    };
  }
}

class MemoryHandle {
  readonly kind = 'directory';
  readonly #entries = new Map<string, MemoryFile | MemoryHandle>();

  constructor(
    readonly name: string,
    private readonly events: string[],
  ) {}

  async *keys() {
    yield* [...this.#entries.keys()];
  }

  async *entries() {
    yield* [...this.#entries];
  }

  async getFileHandle(name: string, options?: {create?: boolean}): Promise<MemoryFile> {
    return this.#get(name, options, MemoryFile);
  }

  async getDirectoryHandle(name: string, options?: {create?: boolean}): Promise<MemoryHandle> {
    return this.#get(name, options, MemoryHandle);
  }

  async removeEntry(name: string): Promise<void> {
    if (!this.#entries.delete(name)) throw notFound();
    this.events.push(`remove ${name}`);
  }

  #get<T extends MemoryFile | MemoryHandle>(
    name: string,
    options: {create?: boolean} | undefined,
    Kind: new (name: string, events: string[]) => T,
  ): T {
    const entry = this.#entries.get(name);
    if (entry instanceof Kind) return entry;
    if (entry !== undefined) throw new DOMException('of the other kind', 'TypeMismatchError');
    if (!options?.create) throw notFound();
    const made = new Kind(name, this.events);
    this.#entries.set(name, made);
    return made;
  }
}

/** @param events - Is told of each file that is closed and each entry that is removed. */
export function memoryHandle(name: string, events: string[] = []): FileSystemDirectoryHandle {
  return new MemoryHandle(name, events) as unknown as FileSystemDirectoryHandle;
}

/** As much of the browser's locks as writing takes: who asks for one gets it after those who asked before. */
export function memoryLocks() {
  const last = new Map<string, Promise<unknown>>();
  return {
    request(name: string, ...rest: unknown[]): Promise<unknown> {
      const work = rest.at(-1) as () => unknown;
      const {signal} = (rest.length > 1 ? rest[0] : {}) as {signal?: AbortSignal};
      const before = last.get(name) ?? Promise.resolve();
      const aborted = new Promise<never>((_, reject) => {
        if (signal?.aborted) reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      const turn = Promise.race([before, aborted]).then(() => work());
      last.set(name, Promise.allSettled([before, turn]));
      return turn;
    },
  };
}
