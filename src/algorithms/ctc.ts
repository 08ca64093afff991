/**
 * Connectionist temporal classification (Graves et al., 2006): from a class for each step to a sequence of labels.
 *
 * @module
 */

/** The likeliest class of each step, and what label sequence these classes spell. */
export interface BestPath {
  /** The classes, without blanks and, if asked for, without those that repeat the one before. */
  readonly labels: readonly number[];
  /** The logit of the likeliest class of each step. */
  readonly logits: readonly number[];
}

/** How a path becomes a sequence of labels. */
export interface PathRules {
  /** The class that stands for no label. */
  readonly blank: number;
  /** Whether a class that repeats the one before is the same label. */
  readonly merges: boolean;
}

/** The best path through `steps` rows of logits; the first of equal classes wins. */
export function bestPath(steps: Iterable<ArrayLike<number>>, {blank, merges}: PathRules): BestPath {
  const labels: number[] = [];
  const logits: number[] = [];
  let previous = -1;
  for (const row of steps) {
    let best = 0;
    for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
    logits.push(row[best]!);
    if (best !== blank && !(merges && best === previous)) labels.push(best);
    previous = best;
  }
  return {labels, logits};
}
