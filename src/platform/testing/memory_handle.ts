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

  constructor(
    readonly name: string,
    private readonly events: string[],
  ) {}

  async getFile(): Promise<File> {
    return new File([this.content], this.name);
  }

  async createWritable(): Promise<unknown> {
    const pieces: BlobPart[] = [];
    return {
      write: async (bytes: Uint8Array<ArrayBuffer>) => void pieces.push(bytes.slice()),
      close: async () => {
        this.events.push(`close ${this.name}`);
        this.content = new Blob(pieces);
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
