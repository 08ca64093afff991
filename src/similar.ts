/**
 * What somebody may have meant: the name that is nearest to one that there is not.
 *
 * @module
 */

/** Names that differ by more than this are others. */
const FEW_DIFFERENCES = 2;

/** The name among `known` that is nearly `name`; undefined where none is. */
export function similarName(name: string, known: Iterable<string>): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  // Of short names most are near to each other.
  let least = Math.min(FEW_DIFFERENCES, Math.floor(wanted.length / 3)) + 1;
  for (const each of known) {
    const differences = distance(wanted, plain(each), least);
    if (differences < least) [best, least] = [each, differences];
  }
  return best;
}

/** `; did you mean 'name'?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const similar = similarName(name, known);
  return similar === undefined ? '' : `; did you mean '${similar}'?`;
}

/** Without what Python's and JavaScript's names differ by. */
const plain = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();

/** How many characters are to be put in, left out or changed; `limit` where those are as many or more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({length: b.length + 1}, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) {
      const changed = row[k - 1]! + (a[i - 1] === b[k - 1] ? 0 : 1);
      next.push(Math.min(changed, row[k]! + 1, next[k - 1]! + 1));
    }
    row = next;
  }
  return Math.min(limit, row[b.length]!);
}
