/**
 * Listening to a signal that many share: Node warns of a leak where it has more than ten listeners.
 *
 * @module
 */

/** By signal, whom its only listener tells. */
const LISTENERS = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `f` once the signal is aborted, at once where it is; the function returned ends that. */
export function onAbort(signal: AbortSignal, f: () => void): () => void {
  if (signal.aborted) {
    f();
    return () => {};
  }
  const all = LISTENERS.get(signal) ?? listenTo(signal);
  const own = () => f();
  all.add(own);
  return () => all.delete(own);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  LISTENERS.set(signal, all);
  const tell = () => {
    for (const each of all) each();
  };
  signal.addEventListener('abort', tell, {once: true});
  return all;
}
