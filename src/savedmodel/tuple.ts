/**
 * Arrays that stand for Python's tuples.
 *
 * @module
 */

/** Arrays made by {@link tuple}. */
const TUPLES = new WeakSet<object>();

/**
 * An array that stands for a Python tuple. Any array fits where a function takes a tuple, but a tuple does not fit where
 * it takes a list: this matters for a function that was traced for both.
 */
export function tuple<T extends unknown[]>(...items: T): T {
  TUPLES.add(items);
  return items;
}

/** True for an array made by {@link tuple}. */
export function isTuple(value: object): boolean {
  return TUPLES.has(value);
}
