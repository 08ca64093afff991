/**
 * Names of nodes, parameters and results, as TensorFlow gives them.
 *
 * @module
 */

/** A name of a parameter or result as TensorFlow writes them: lower case, digits and underscores. */
export function identifier(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(plain) ? plain : `arg_${plain.replace(/^_+/, '')}`;
}

/** The name, or the name with the first number that makes it another than those taken; it is taken then. */
export function uniqueName(name: string, taken: Set<string>): string {
  let next = NEXT_NUMBERS.get(taken);
  if (next === undefined) NEXT_NUMBERS.set(taken, (next = new Map()));
  let unique = name;
  let number = next.get(name) ?? 1;
  for (; taken.has(unique); number++) unique = `${name}_${number}`;
  next.set(name, number);
  taken.add(unique);
  return unique;
}

/** The number to go on with, by the names taken and the name asked for: thousands of nodes have one name. */
const NEXT_NUMBERS = new WeakMap<Set<string>, Map<string, number>>();
