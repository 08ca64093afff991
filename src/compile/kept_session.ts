/**
 * Sessions that were made by an earlier process: ONNX Runtime need not optimise their graphs, nor lay out their constants, again.
 *
 * @module
 */

import type {CompiledModels, PendingModel} from '../platform/compiled_models.js';
import type {OnnxRuntime, OnnxSession, OnnxSessionOptions} from '../platform/onnx_runtime.js';

/** A session with less than so many bytes of constants that are changed is made as fast as it is read. */
const LEAST_KEPT_BYTES = 2 ** 22;

/** Where less than this share of the constants is changed, most of what would be kept is in the model's own files. */
const LEAST_SHARE = 0.5;

/** How to make a session. */
export interface SessionRecipe {
  readonly runtime: OnnxRuntime;
  readonly options: OnnxSessionOptions;
  /** Bytes of its constants. */
  readonly bytes: number;
  /** Bytes of those that ONNX Runtime may change. */
  rearranged(): number;
  /** What it is made of; undefined where nobody can tell. */
  parts(): Iterable<string | Uint8Array> | undefined;
  /** The model with its constants, and those that are beside it. */
  model(): {readonly model: Uint8Array; readonly external: OnnxSessionOptions['external']};
}

/**
 * A session as it is kept; where it is not, it is made, and kept where that is possible.
 *
 * @throws Error in ONNX Runtime's words, of a model that it cannot run.
 */
export function keptSession(compiled: CompiledModels | undefined, recipe: SessionRecipe): OnnxSession {
  const key = compiled && keyOf(compiled, recipe);
  if (key === undefined) return made(recipe);
  return found(compiled!, key, recipe) ?? made(recipe, compiled!.begin(key));
}

/** Undefined for what is not worth it, takes too much room, or computes elsewhere than on the processor, whose constants are laid out otherwise. */
function keyOf(
  compiled: CompiledModels,
  {runtime, options, bytes, rearranged, parts}: SessionRecipe,
): string | undefined {
  const {optimization = 'all', provider = 'cpu'} = options;
  if (bytes < LEAST_KEPT_BYTES || bytes > compiled.most || provider !== 'cpu') return undefined;
  if (rearranged() < Math.max(LEAST_KEPT_BYTES, LEAST_SHARE * bytes)) return undefined;
  const own = parts();
  return own && compiled.key([runtime.version, optimization, ...own]);
}

function found(
  compiled: CompiledModels,
  key: string,
  {runtime, options}: SessionRecipe,
): OnnxSession | undefined {
  const kept = compiled.find(key);
  if (kept === undefined) return undefined;
  try {
    return runtime.createSession(kept.model, {
      ...options,
      directory: kept.directory,
      optimization: 'disabled',
    });
  } catch {
    // What is damaged, or another process has just removed.
    compiled.remove(key);
    return undefined;
  }
}

function made({runtime, options, model}: SessionRecipe, pending?: PendingModel): OnnxSession {
  const {model: bytes, external} = model();
  const make = (optimizedTo?: PendingModel): OnnxSession =>
    runtime.createSession(bytes, {...options, external, ...(optimizedTo && {optimizedTo})});
  if (pending === undefined) return make();
  let session: OnnxSession;
  try {
    session = make(pending);
  } catch {
    // It cannot be written, or cannot be made at all.
    pending.discard();
    return make();
  }
  pending.keep();
  return session;
}
