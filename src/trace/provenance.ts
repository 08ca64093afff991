/**
 * Where the tensors of a recording come from. Values that depend on the call cannot be known when a graph is made; of
 * those that follow from samples, which are some tensors in place of the arguments, only the shapes mean anything.
 *
 * @module
 */

import {type EntryKind, type RefTree, refsOf} from './recording.js';

/** Entries that have something in common, and the data of their tensors. */
class Trait {
  readonly #entries = new Set<number>();
  readonly #data = new WeakSet<object>();

  add(entry: number, data: readonly object[]): void {
    this.#entries.add(entry);
    for (const each of data) this.#data.add(each);
  }

  /** Whether one of the tensors has it. */
  isAmong(inputs: RefTree): boolean {
    return refsOf(inputs).some(({entry}) => this.#entries.has(entry));
  }

  isOf(dataId: object): boolean {
    return this.#data.has(dataId);
  }
}

/** Entries that are samples, or results of functions that were run on samples. */
const SAMPLES: ReadonlySet<EntryKind['kind']> = new Set(['parameter', 'outer', 'loop', 'branch']);

/** What is known of the tensors of one recording. */
export class Provenance {
  /** What follows from the arguments, from variables or from chance. */
  readonly #dependent = new Trait();
  readonly #sampled = new Trait();

  /** @param data - of the tensors that the entry made */
  add(entry: number, {kind}: EntryKind, inputs: RefTree, data: readonly object[]): void {
    if (SAMPLES.has(kind) || this.#sampled.isAmong(inputs)) this.#sampled.add(entry, data);
    const isDependent = kind !== 'constant' && (kind !== 'kernel' || this.#dependent.isAmong(inputs));
    // A variable may share its data with a tensor that does not change: whose they are is asked when they are read.
    if (isDependent) this.#dependent.add(entry, kind === 'read' ? [] : data);
  }

  /** True for data that differ from call to call. */
  dependsOnCall(dataId: object): boolean {
    return this.#dependent.isOf(dataId);
  }

  /** True for data that follow from the samples, and mean nothing. */
  isSampled(dataId: object): boolean {
    return this.#sampled.isOf(dataId);
  }
}
