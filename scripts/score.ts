/**
 * What came of a check, and how a script tells it to whoever started it: a line `PART: N passed, N failed` for each part,
 * under it, indented, what else is worth reading.
 *
 * @module
 */

/** What came of one part. */
export interface Score {
  readonly part: string;
  readonly passed: number;
  readonly failed: number;
  /** What failed, and what was measured. */
  readonly details: readonly string[];
}

/** The sum of scores. */
export const total = (scores: readonly Score[], key: 'passed' | 'failed'): number =>
  scores.reduce((sum, score) => sum + score[key], 0);

/** Prints scores, and lets the process fail where something has failed. */
export function tell(scores: readonly Score[]): void {
  for (const {part, passed, failed, details} of scores) {
    console.log(`${part}: ${passed} passed, ${failed} failed`);
    for (const line of details.flatMap((each) => each.split('\n'))) console.log(`  ${line}`);
  }
  if (total(scores, 'failed') > 0) process.exitCode = 1;
}

/** The scores in what a script has printed. */
export function scoresIn(output: string): Score[] {
  const scores: (Score & {readonly details: string[]})[] = [];
  // Only what stands directly under a score belongs to it.
  let open = false;
  for (const line of output.split('\n')) {
    const [, part, passed, failed] = /^(\S.*): (\d+) passed, (\d+) failed$/.exec(line) ?? [];
    if (part !== undefined) scores.push({part, passed: Number(passed), failed: Number(failed), details: []});
    else if (open && line.startsWith('  ')) scores.at(-1)!.details.push(line.slice(2));
    open = part !== undefined || (open && line.startsWith('  '));
  }
  return scores;
}
