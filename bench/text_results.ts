/**
 * Results of the text benchmark as its processes hand them over, and how far they are apart. A directory holds `results.json` and a
 * file named after each result: numbers as float32 or int32, strings as their lengths and then their bytes.
 *
 * @module
 */

import {readFileSync} from 'node:fs';
import {join} from 'node:path';

/** How the elements of a result are written. */
export type ElementKind = 'string' | 'int32' | 'float32';

/** What `results.json` says, of each result by its name. */
export type ResultSpecs = Readonly<
  Record<string, {readonly kind: ElementKind; readonly shape: readonly number[]}>
>;

/** What two sides differ in. */
export interface Disagreement {
  /** Bytes of strings and integers that are not the same, and results that are of another form. */
  readonly different: number;
  /** The largest difference of floats, of the largest one in each result. */
  readonly apart: number;
}

/** What results differ in from those expected. */
export function disagreement(results: string, expected: string): Disagreement {
  const [ours, theirs] = [specsIn(results), specsIn(expected)];
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  let [different, apart] = [0, 0];
  for (const name of names) {
    const [a, b] = [ours[name], theirs[name]];
    if (a === undefined || b === undefined || a.kind !== b.kind || String(a.shape) !== String(b.shape)) {
      different++;
      continue;
    }
    const [mine, other] = [results, expected].map((directory) => readFileSync(join(directory, name)));
    if (a.kind === 'float32') apart = Math.max(apart, distance(floats(mine!), floats(other!)));
    else different += differentBytes(mine!, other!);
  }
  return {different, apart};
}

const specsIn = (directory: string): ResultSpecs =>
  JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8')) as ResultSpecs;

const floats = (bytes: Buffer): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);

function distance(a: Float32Array, b: Float32Array): number {
  let [largest, furthest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]!));
    furthest = Math.max(furthest, Math.abs(a[i]! - b[i]!));
  }
  return furthest === 0 ? 0 : furthest / largest;
}

function differentBytes(a: Buffer, b: Buffer): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) count++;
  return count;
}
