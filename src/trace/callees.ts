/**
 * The functions that a traced function refers to, by the names that its graphs call them by.
 *
 * @module
 */

import type {FunctionGraph} from '../graph/graph.js';
import type {Callee, ForeignFunction} from './traced_function.js';

/** The functions of one trace. */
export class Callees {
  readonly #byName = new Map<string, Callee>();

  get byName(): ReadonlyMap<string, Callee> {
    return this.#byName;
  }

  /** The name of a function that exists already. */
  nameOf(callee: ForeignFunction): string {
    for (const [name, each] of this.#byName) {
      if (each.kind === 'foreign' && each.function === callee) return name;
    }
    const name = this.freeName(callee.name);
    this.#byName.set(name, {kind: 'foreign', function: callee});
    return name;
  }

  /** A name like this one that no function has. */
  freeName(name: string): string {
    let free = name;
    for (let n = 1; this.#byName.has(free); n++) free = `${name}_${n}`;
    return free;
  }

  /** Adds a function that was traced along, under its own name. */
  add(graph: FunctionGraph): void {
    this.#byName.set(graph.name, {kind: 'traced', graph});
  }
}
