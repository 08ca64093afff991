/**
 * Where the constants of a session are: small ones in the model, large ones in memory beside it or in files that are mapped.
 *
 * @module
 */

import type {LazyTensor} from '../host/lazy_tensor.js';
import type {HostTensor} from '../host/tensor.js';
import {bytesOf} from '../host/tensor_bytes.js';
import {carrierOf} from '../onnx/dtypes.js';
import type {OnnxInitializer} from '../onnx/graph.js';

/** Tensors of more bytes are handed over beside the model. */
const INLINE_BYTES = 1024;

/** Bytes of a tensor beside the model, by the name that the model has for their place. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

/** What a model starts with. */
export interface SessionConstants {
  readonly initializers: readonly OnnxInitializer[];
  /** Nothing where files are mapped: ONNX Runtime looks for all that is beside a model in one of the two. */
  readonly external: readonly ExternalData[];
  /** To be called once no session is made of them any more: files may be closed. */
  release(): void;
}

/** Collects what a session starts with. */
export class Initializers {
  readonly #inMemory: (HostTensor & {readonly name: string})[] = [];
  readonly #inFiles: {readonly name: string; readonly stored: LazyTensor}[] = [];

  add(name: string, {dtype, shape, data}: HostTensor): void {
    this.#inMemory.push({name, dtype, shape, data});
  }

  /** Adds a tensor that is in a file, which stays open until {@link release}. */
  addStored(name: string, stored: LazyTensor): void {
    this.#inFiles.push({name, stored: stored.retain()});
  }

  /** @param maps - whether files can be mapped. They are where most is in them: the rest has to be copied into the model then. */
  finish(maps: boolean): SessionConstants {
    const inMemory = this.#inMemory.reduce((sum, each) => sum + (besideBytes(each)?.length ?? 0), 0);
    const inFiles = this.#inFiles.reduce((sum, {stored}) => sum + stored.place.length, 0);
    if (maps && inFiles > inMemory) return this.#mapped();
    const external: ExternalData[] = [];
    const read = this.#inFiles.map(({name, stored}) => ({name, ...stored.read()}));
    const initializers = [...this.#inMemory, ...read].map((each): OnnxInitializer => {
      const {name, dtype, shape, data: content} = each;
      const data = besideBytes(each);
      if (data === undefined) return {name, dtype, shape, content};
      external.push({path: name, data});
      return {name, dtype, shape, content: {location: name, offset: 0, length: data.length}};
    });
    return {initializers, external, release: () => {}};
  }

  /** What they are, for who knows their names: parts that are the same for the same constants. Undefined where nobody can tell. */
  identity(): (string | Uint8Array)[] | undefined {
    const parts: (string | Uint8Array)[] = [];
    for (const {name, dtype, shape, data} of this.#inMemory) {
      parts.push(`${name} ${dtype} ${shape}`);
      if (ArrayBuffer.isView(data)) parts.push(bytesOf(data as Float32Array));
      else return undefined;
    }
    for (const {name, stored} of this.#inFiles) {
      const {identity, dtype, shape} = stored;
      if (identity === undefined) return undefined;
      parts.push(`${name} ${dtype} ${shape} ${identity}`);
    }
    return parts;
  }

  /** Bytes of all of them, or of those with some names. */
  bytes(isCounted: (name: string) => boolean = () => true): number {
    let bytes = 0;
    for (const {name, data} of this.#inMemory) {
      if (isCounted(name) && ArrayBuffer.isView(data)) bytes += data.byteLength;
    }
    for (const {name, stored} of this.#inFiles) if (isCounted(name)) bytes += stored.place.length;
    return bytes;
  }

  #mapped(): SessionConstants {
    const held = this.#inFiles.map(({stored}) => stored.retain());
    const mapped = this.#inFiles.map(({name, stored}): OnnxInitializer => {
      const {path, offset, length} = stored.place;
      const {dtype, shape} = stored;
      return {name, dtype, shape, content: {location: path.slice(1), offset, length}};
    });
    const inline = this.#inMemory.map(({data, ...rest}) => ({...rest, content: data}));
    const release = () => {
      for (const each of held.splice(0)) each.release();
    };
    return {initializers: [...mapped, ...inline], external: [], release};
  }

  /** To be called when {@link finish} has been, or will not be. */
  release(): void {
    for (const {stored} of this.#inFiles.splice(0)) stored.release();
  }
}

/** The bytes of a tensor that is worth to be handed over beside the model, where it has the form for that. */
function besideBytes({dtype, data}: HostTensor): Uint8Array | undefined {
  if (carrierOf(dtype) !== dtype || !ArrayBuffer.isView(data)) return undefined;
  const bytes = bytesOf(data as Float32Array);
  return bytes.length > INLINE_BYTES ? bytes : undefined;
}
