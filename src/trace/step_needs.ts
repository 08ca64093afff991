/**
 * What steps need: which of them matter, for a result or for an effect, and what a function within a function takes from
 * around it.
 *
 * @module
 */

import {isStateful} from '../graph/effects.js';
import type {DType} from '../host/dtypes.js';
import {Variable} from '../ops/variable/variable.js';
import {type Captured, capturedConstant, capturedValue, capturedVariable} from './captures.js';
import {type Ref, refsOf} from './recording.js';
import type {Step, Steps} from './steps.js';

/** A tensor of the function around this one. */
export interface OuterTensor {
  readonly ref: Ref;
  readonly dtype: DType;
}

/** What a function within a function takes besides its arguments. */
export interface Bound {
  readonly outer: readonly OuterTensor[];
  readonly captured: readonly Captured[];
}

/** Steps that a result or an effect needs. */
export function neededSteps({steps, results}: Steps): Set<number> {
  const needed = new Set(results.map(({entry}) => entry));
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    // The sizes of the arguments are used even where they themselves are not.
    if (step.what.kind === 'parameter' || hasEffect(step)) needed.add(i);
    if (needed.has(i)) {
      for (const {entry} of refsOf(step.inputs)) needed.add(entry);
      for (const entry of outerEntries(step)) needed.add(entry);
    }
  }
  return needed;
}

function hasEffect({what}: Step): boolean {
  if (what.kind === 'assign') return true;
  if (what.kind === 'op') return isStateful(what.op.name);
  if (what.kind === 'call') return what.call.stateful;
  return innerSteps(what).some(({steps}) => steps.some(hasEffect));
}

/** The functions that a loop or a branch is made of. */
function innerSteps(what: Step['what']): readonly Steps[] {
  if (what.kind === 'loop') return [what.cond, what.body];
  return what.kind === 'branch' ? what.branches : [];
}

/** Entries that the loop or the branches of a step read from around them. */
function outerEntries({what}: Step): number[] {
  return innerSteps(what).flatMap((each) => boundOf(each).outer.map(({ref}) => ref.entry));
}

/** What steps use of what is around them. */
export function boundOf(body: Steps): Bound {
  const needed = neededSteps(body);
  const used = body.steps.filter((_, index) => needed.has(index));
  return mergeBound(used.map((step) => ({outer: outerOf(step), captured: capturedBy(step)})));
}

/** What several functions take, each thing once. */
export function mergeBound(parts: readonly Bound[]): Bound {
  const outer = new Map(
    parts.flatMap((part) => part.outer.map((each) => [`${each.ref.entry}:${each.ref.output}`, each])),
  );
  const captured = new Map(parts.flatMap((part) => part.captured.map((each) => [each.key, each])));
  return {outer: [...outer.values()], captured: [...captured.values()]};
}

function outerOf({what, outputs}: Step): OuterTensor[] {
  return what.kind === 'outer' ? [{ref: what.outer, dtype: outputs[0]!.dtype as DType}] : [];
}

function capturedBy({what}: Step): readonly Captured[] {
  switch (what.kind) {
    case 'read':
    case 'assign':
      return [capturedVariable(Variable.of(what.variable))];
    case 'constant':
      return [capturedConstant(what.value) ?? []].flat();
    case 'handle':
      return [capturedValue(what.value)];
    case 'call':
      return what.call.bound.map(capturedValue);
    default:
      return innerSteps(what).flatMap((each) => boundOf(each).captured);
  }
}
