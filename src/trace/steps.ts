/**
 * The steps of a traced function: what all runs of it have in common. A step is to several runs what an entry of a
 * recording is to one.
 *
 * @module
 */

import type {SaveError} from '../errors.js';
import type {RandomTensor} from './random.js';
import type {EntryKind, ForeignCall, Ref, RefTree} from './recording.js';
import type {Merged, MergedTensor, Size, Sizes} from './varying.js';

/** A constant whose shape, or whose numbers, follow the sizes of the samples. */
export type ComputedConstant =
  /** One number everywhere. */
  | {readonly form: 'uniform'; readonly value: Size; readonly shape: Sizes}
  /** Each number for itself. */
  | {readonly form: 'elements'; readonly values: readonly Size[]; readonly shape: readonly number[]}
  /** `start, start + step, ...` along the only dimension. */
  | {readonly form: 'range'; readonly start: number; readonly step: number; readonly length: Size}
  /** Ones on the diagonal of a matrix, zeros elsewhere. */
  | {readonly form: 'identity'; readonly rows: Size; readonly columns: Size};

/** What a step stands for. */
export type StepKind =
  | Extract<EntryKind, {kind: 'parameter' | 'outer' | 'constant' | 'read' | 'assign' | 'op' | 'handle'}>
  | {readonly kind: 'kernel'; readonly kernel: string; readonly attrs: Readonly<Record<string, Merged>>}
  | {readonly kind: 'computed'; readonly constant: ComputedConstant}
  | {readonly kind: 'random'; readonly random: RandomTensor}
  | {readonly kind: 'call'; readonly call: ForeignCall}
  | {readonly kind: 'loop'; readonly cond: Steps; readonly body: Steps}
  | {readonly kind: 'branch'; readonly branches: readonly [whenTrue: Steps, whenFalse: Steps]}
  /** What cannot be written, as long as nothing needs it. */
  | {readonly kind: 'failed'; readonly error: SaveError};

/** One step of all runs. */
export interface Step {
  readonly what: StepKind;
  readonly inputs: RefTree;
  readonly outputs: readonly MergedTensor[];
  readonly scope: readonly string[];
  readonly source: string | undefined;
}

/** The steps of a function, a branch or a loop, and its results. */
export interface Steps {
  readonly steps: readonly Step[];
  readonly results: readonly Ref[];
}

/** What a user calls a step, or an entry. */
export function describe(
  step: {readonly scope: readonly string[]; readonly what: EntryKind | StepKind} | undefined,
): string {
  if (step === undefined) return 'nothing';
  const {scope, what} = step;
  if (what.kind === 'op') return `rawOps.${what.op.name}`;
  if (scope.length > 0) return `tf.${scope.join(' > ')}`;
  return what.kind === 'kernel' ? `kernel ${what.kernel}` : `a ${what.kind}`;
}
