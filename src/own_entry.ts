/**
 * Tables that are asked by names from outside: by a model, a server, a user.
 *
 * @module
 */

/** The entry of a table, and not what every object inherits under names such as `constructor` and `__proto__`. */
export function ownEntry<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
