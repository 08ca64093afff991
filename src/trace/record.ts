/**
 * Runs a function and records what it does, with tfjs tapped and calls observed meanwhile.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {currentObserver, observedBy} from '../runtime/observer.js';
import {closeScope, openScope} from '../tfjs/scope.js';
import {type EngineListener, scopeName, tapEngine} from '../tfjs/tap.js';
import {drawnIn, seedFor} from './random.js';
import {Recorder, SCOPE} from './recorder.js';
import {noteAssignment, undoingAssignments} from './undo.js';

/** How many recordings are under way, one within the other. */
let depth = 0;

/** What records now; undefined where nothing does. */
export function activeRecorder(): Recorder | undefined {
  const observer = currentObserver();
  return observer instanceof Recorder ? observer : undefined;
}

/**
 * Runs `f` and records what it does. tfjs's engine is as it was when this returns or throws; tensors that `f` made are
 * disposed, variables it assigned have their old values.
 *
 * @param f - gets the recorder, to tell it the parameters
 */
export function record<T>(
  f: (recorder: Recorder) => T,
  run: number,
  parent?: Recorder,
): {readonly recording: Recorder; readonly result: T} {
  const recorder = new Recorder(run, parent);
  const endTap = depth === 0 ? tapEngine(recordingListener()) : undefined;
  depth++;
  openScope(SCOPE);
  try {
    const result = undoingAssignments(() => observedBy(recorder, () => f(recorder)));
    return {recording: recorder, result};
  } finally {
    closeScope([]);
    depth--;
    endTap?.();
  }
}

/**
 * Whether what is computed from these data follows from samples, so that nothing but its shape matters. Functions may make
 * variables, or keep tensors, at their first call: these do not follow from samples, and have to be right.
 */
export function onlyShapesMatter(dataIds: readonly object[]): boolean {
  if (depth === 0) return false;
  const recorder = activeRecorder();
  return recorder === undefined || dataIds.some((each) => recorder.isSampled(each));
}

/** Tells the recorder that is active what tfjs does. */
function recordingListener(): EngineListener {
  /** What the generator of the op that runs was seeded with. */
  let drawn: number | undefined;
  const takeSeed = (): number | undefined => {
    const seed = drawn;
    drawn = undefined;
    return seed;
  };
  return {
    kernel: (name, inputs, attrs, outputs) => {
      const recorder = activeRecorder();
      if (recorder === undefined) return;
      const isSeeded = name === tf.Multinomial && attrs.seed === takeSeed();
      recorder.addKernel(name, inputs, isSeeded ? {...attrs, seed: 0} : attrs, outputs);
    },
    copy: (copy, of) => activeRecorder()?.addCopy(copy, of),
    tensor: (tensor) => {
      const recorder = activeRecorder();
      if (recorder === undefined) return;
      const distribution = drawnIn(scopeName());
      if (distribution === undefined) recorder.addConstant(tensor);
      else recorder.addSample(tensor, distribution, takeSeed());
    },
    variable: () => {
      const recorder = activeRecorder();
      if (recorder !== undefined) recorder.createdVariable = true;
    },
    read: (dataId) => activeRecorder()?.checkRead(dataId),
    assign: (variable, value) => {
      activeRecorder()?.addAssign(variable, value);
      noteAssignment(variable);
    },
    random: (chance) => {
      const recorder = activeRecorder();
      if (recorder === undefined) return chance();
      drawn = seedFor(scopeName(), recorder.run) ?? chance();
      return drawn;
    },
  };
}
