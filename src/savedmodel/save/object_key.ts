/**
 * Keys of a checkpoint: the names that lead to an object.
 *
 * Source: `tensorflow/python/trackable/trackable_utils.py`.
 *
 * @module
 */

/** Names in a path, as a key of the checkpoint. */
export function objectKey(path: readonly string[]): string {
  return path.map(escapeName).join('/');
}

/** Keeps the slashes of a name apart from those between names. */
export function escapeName(name: string): string {
  return name.replaceAll('.', '..').replaceAll('/', '.S');
}
