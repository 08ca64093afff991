/**
 * Sets of code points, as character classes are made of them.
 *
 * @module
 */

import {LAST_RUNE} from './runes.js';

/** Ranges in ascending order, of which no two touch. */
export class RuneSet {
  /** The first code point of each range. */
  readonly lows: number[] = [];
  /** The last of each. */
  readonly highs: number[] = [];

  /** Adds `low` to `high`. False when they were all there. */
  add(low: number, high: number): boolean {
    const {lows, highs} = this;
    // The first range that ends at `low - 1` or later, and the first behind what is added that does not touch it.
    const first = this.#endingFrom(low - 1);
    let from = low;
    let to = high;
    let next = first;
    for (; next < lows.length && lows[next]! <= high + 1; next++) {
      if (lows[next]! <= low && high <= highs[next]!) return false;
      from = Math.min(from, lows[next]!);
      to = Math.max(to, highs[next]!);
    }
    if (next - first === 1) {
      lows[first] = from;
      highs[first] = to;
    } else {
      lows.splice(first, next - first, from);
      highs.splice(first, next - first, to);
    }
    return true;
  }

  /** Adds what another set has. */
  addAll({lows, highs}: RuneSet): void {
    for (let i = 0; i < lows.length; i++) this.add(lows[i]!, highs[i]!);
  }

  /** What is not in the set. */
  complement(): RuneSet {
    const out = new RuneSet();
    let next = 0;
    for (let i = 0; i < this.lows.length; i++) {
      if (this.lows[i]! > next) out.add(next, this.lows[i]! - 1);
      next = this.highs[i]! + 1;
    }
    if (next <= LAST_RUNE) out.add(next, LAST_RUNE);
    return out;
  }

  has(rune: number): boolean {
    const at = this.#endingFrom(rune);
    return at < this.lows.length && this.lows[at]! <= rune;
  }

  /** How many code points there are. */
  get size(): number {
    let size = 0;
    for (let i = 0; i < this.lows.length; i++) size += this.highs[i]! - this.lows[i]! + 1;
    return size;
  }

  equals({lows, highs}: RuneSet): boolean {
    return (
      lows.length === this.lows.length &&
      lows.every((low, i) => low === this.lows[i]) &&
      highs.every((high, i) => high === this.highs[i])
    );
  }

  /** The first range that ends at `rune` or later. */
  #endingFrom(rune: number): number {
    let low = 0;
    let high = this.highs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.highs[middle]! < rune) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
