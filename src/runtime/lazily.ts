/**
 * What is made when it is first asked for.
 *
 * @module
 */

/** `make`, called once at most. */
export function lazily<T>(make: () => T): () => T {
  let made: {readonly value: T} | undefined;
  return () => {
    made ??= {value: make()};
    return made.value;
  };
}
