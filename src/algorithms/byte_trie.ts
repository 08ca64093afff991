/**
 * A set of byte strings, each with a number, as a trie in which a step is one addition and one comparison: a double array
 * (Aoe, "An efficient digital search algorithm by using a double-array structure"). Nodes are numbers, and lie in one
 * array, so that walking along a text makes no objects.
 *
 * @module
 */

/** Numbers of a node: where its children are counted from, its parent, and the value of the string that ends there. */
const NODE = 3;

const BASE = 0;
const PARENT = 1;
const VALUE = 2;

/** No node, no value. */
export const NONE = -1;

/** The node of the empty string. */
const ROOT = 0;

/** A parent that no node has: the place is free. */
const FREE = -2;

/** How many places are tried for a node's children before they go to the end. */
const TRIES = 256;

/** Byte strings and their numbers. Immutable. */
export class ByteTrie {
  /**
   * Nodes, {@link NODE} numbers each, for loops that walk on their own: from node `n` a byte `b` leads to node `m = nodes[3 * n] + b`
   * if `nodes[3 * m + 1]` is `n`, and nowhere otherwise; `nodes[3 * m + 2]` is the value there, or -1.
   */
  readonly nodes: Int32Array;

  private constructor(nodes: Int32Array) {
    this.nodes = nodes;
  }

  /**
   * String `i` lies from `starts[i]` to `ends[i]`. Its number is `values[i]`, not negative; of equal strings the last counts. The empty
   * string cannot be found.
   */
  static of(
    bytes: Uint8Array,
    starts: ArrayLike<number>,
    ends: ArrayLike<number>,
    values: ArrayLike<number>,
  ): ByteTrie {
    const growing = new GrowingTrie();
    for (let i = 0; i < values.length; i++) growing.add(bytes, starts[i]!, ends[i]!, values[i]!);
    return new ByteTrie(new Layout(growing).nodes());
  }

  /** The node that the bytes lead to from `node`, or -1. */
  walk(bytes: Uint8Array, start: number, end: number, node: number = ROOT): number {
    const {nodes} = this;
    let from = node;
    for (let at = start; at < end; at++) {
      const to = nodes[NODE * from + BASE]! + bytes[at]!;
      if (nodes[NODE * to + PARENT] !== from) return NONE;
      from = to;
    }
    return from;
  }

  /** The number of the string that ends at a node; -1 where none does. */
  valueAt(node: number): number {
    return node < 0 ? NONE : this.nodes[NODE * node + VALUE]!;
  }

  /** The number of the string, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.valueAt(this.walk(bytes, start, end));
  }

  /** How many bytes of what lies from `start` to `end` the longest string takes that begins there, or 0. */
  longestPrefix(bytes: Uint8Array, start: number, end: number): number {
    const {nodes} = this;
    let from = ROOT;
    let longest = 0;
    for (let at = start; at < end; ) {
      const to = nodes[NODE * from + BASE]! + bytes[at]!;
      if (nodes[NODE * to + PARENT] !== from) break;
      from = to;
      at++;
      if (nodes[NODE * to + VALUE]! >= 0) longest = at - start;
    }
    return longest;
  }
}

/** A trie that strings are added to: each node has a list of its children. */
class GrowingTrie {
  count = 1;
  firstChild = new Int32Array(1024).fill(NONE);
  nextSibling = new Int32Array(1024).fill(NONE);
  labels = new Uint8Array(1024);
  values = new Int32Array(1024).fill(NONE);

  add(bytes: Uint8Array, start: number, end: number, value: number): void {
    let node = 0;
    for (let at = start; at < end; at++) node = this.#child(node, bytes[at]!);
    if (node > 0) this.values[node] = value;
  }

  #child(node: number, label: number): number {
    let child = this.firstChild[node]!;
    while (child !== NONE && this.labels[child] !== label) child = this.nextSibling[child]!;
    if (child !== NONE) return child;
    if (this.count === this.labels.length) this.#grow();
    child = this.count++;
    this.labels[child] = label;
    this.nextSibling[child] = this.firstChild[node]!;
    this.firstChild[node] = child;
    return child;
  }

  #grow(): void {
    const size = 2 * this.count;
    this.firstChild = grown(this.firstChild, size);
    this.nextSibling = grown(this.nextSibling, size);
    this.values = grown(this.values, size);
    const labels = new Uint8Array(size);
    labels.set(this.labels);
    this.labels = labels;
  }
}

function grown(array: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(size).fill(NONE);
  more.set(array);
  return more;
}

/** Finds places for the nodes of a trie. Free places are a list in ascending order. */
class Layout {
  readonly #trie: GrowingTrie;
  #nodes = new Int32Array(0);
  #nextFree = new Int32Array(0);
  #previousFree = new Int32Array(0);
  #firstFree = NONE;
  #lastFree = NONE;
  /** Places from here on have not been used. */
  #used = 1;

  constructor(trie: GrowingTrie) {
    this.#trie = trie;
  }

  nodes(): Int32Array {
    const {firstChild, nextSibling, labels, values, count} = this.#trie;
    const places = new Int32Array(count);
    this.#grow(count + 512);
    this.#take(ROOT);
    this.#nodes[PARENT] = NONE;
    // Nodes level by level: those near the root are close to one another.
    const queue = new Int32Array(count);
    let queued = 1;
    for (let head = 0; head < queued; head++) {
      const node = queue[head]!;
      const place = places[node]!;
      this.#nodes[NODE * place + VALUE] = values[node]!;
      const base = this.#baseFor(firstChild[node]!);
      this.#nodes[NODE * place + BASE] = base;
      for (let child = firstChild[node]!; child !== NONE; child = nextSibling[child]!) {
        const to = base + labels[child]!;
        this.#take(to);
        this.#nodes[NODE * to + PARENT] = place;
        places[child] = to;
        queue[queued++] = child;
      }
    }
    // Whatever byte comes, the place it leads to is there.
    return this.#nodes.slice(0, NODE * (this.#used + 256));
  }

  /** A base at which there is room for a list of children. */
  #baseFor(first: number): number {
    // Without children any base will do, because no place has this parent.
    if (first === NONE) return 0;
    const label = this.#leastLabel(first);
    let tries = 0;
    for (let place = this.#firstFree; place !== NONE && tries < TRIES; place = this.#nextFree[place]!) {
      if (place < label) continue;
      if (this.#fits(first, place - label)) return this.#ensured(place - label);
      tries++;
    }
    return this.#ensured(Math.max(0, this.#used - label));
  }

  #leastLabel(first: number): number {
    const {labels, nextSibling} = this.#trie;
    let least = labels[first]!;
    for (let child = first; child !== NONE; child = nextSibling[child]!)
      least = Math.min(least, labels[child]!);
    return least;
  }

  #fits(first: number, base: number): boolean {
    const {labels, nextSibling} = this.#trie;
    for (let child = first; child !== NONE; child = nextSibling[child]!) {
      const place = base + labels[child]!;
      if (place < this.#nextFree.length && this.#nodes[NODE * place + PARENT] !== FREE) return false;
    }
    return true;
  }

  #ensured(base: number): number {
    if (base + 512 > this.#nextFree.length) this.#grow(2 * (base + 512));
    return base;
  }

  #grow(size: number): void {
    const from = this.#nextFree.length;
    const nodes = new Int32Array(NODE * size).fill(FREE);
    nodes.set(this.#nodes);
    this.#nodes = nodes;
    this.#nextFree = grown(this.#nextFree, size);
    this.#previousFree = grown(this.#previousFree, size);
    for (let place = from; place < size; place++) {
      this.#previousFree[place] = this.#lastFree;
      if (this.#lastFree === NONE) this.#firstFree = place;
      else this.#nextFree[this.#lastFree] = place;
      this.#lastFree = place;
    }
  }

  #take(place: number): void {
    const [before, after] = [this.#previousFree[place]!, this.#nextFree[place]!];
    if (before === NONE) this.#firstFree = after;
    else this.#nextFree[before] = after;
    if (after === NONE) this.#lastFree = before;
    else this.#previousFree[after] = before;
    if (place >= this.#used) this.#used = place + 1;
  }
}
