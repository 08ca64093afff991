/**
 * Makes one recording of several: the steps that all runs have in common, with what differs between them told apart.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {Attr} from '../graph/attrs.js';
import {elementAt} from '../host/tensor.js';
import {mergeConstants} from './merged_constants.js';
import {followsFromValues, opened} from './open_dims.js';
import {distributionOf} from './random.js';
import {
  type Entry,
  type EntryKind,
  isRef,
  located,
  type RecordedOp,
  type RefTree,
  type SubRun,
} from './recording.js';
import {describe, type Step, type StepKind, type Steps} from './steps.js';
import {mergeAttr} from './varying.js';

/** @throws SaveError where the runs did different things */
export function reconcile(runs: readonly SubRun[]): Steps {
  const recordings = runs.map(({recording}) => recording);
  const [first] = runs as [SubRun];
  const length = Math.max(...recordings.map(({entries}) => entries.length));
  const steps: Step[] = [];
  const fromValues = new Set<number>();
  for (let i = 0; i < length; i++) {
    const step = opened(mergeEntries(recordings.map(({entries}) => entries[i])), steps, fromValues);
    if (followsFromValues(step, steps, fromValues)) fromValues.add(i);
    steps.push(step);
  }
  for (const {results} of runs) {
    if (!sameTree(results, first.results)) {
      throw new SaveError('the function gives other results for other sizes of its arguments');
    }
  }
  return {steps, results: first.results};
}

function mergeEntries(entries: readonly (Entry | undefined)[]): Step {
  const first = entries.find((each) => each !== undefined)!;
  const odd = entries.find((each) => each === undefined || !alike(first, each));
  if (odd !== undefined || entries.includes(undefined)) {
    throw located(
      odd ?? first,
      `the function does something else for other sizes of its arguments: ${describe(first)} in one run is ` +
        `${describe(odd)} in another. A graph is the same for all sizes: use whileLoop or cond, or make the size known`,
    );
  }
  const all = entries as readonly Entry[];
  return {
    what: mergeKinds(all),
    inputs: first.inputs,
    outputs: first.outputs.map(({dtype}, i) => ({dtype, shapes: all.map(({outputs}) => outputs[i]!.shape)})),
    scope: first.scope,
    source: first.source,
  };
}

function alike(a: Entry, b: Entry): boolean {
  if (a.what.kind !== b.what.kind || !sameTree(a.inputs, b.inputs)) return false;
  if (a.outputs.length !== b.outputs.length) return false;
  if (a.outputs.some(({dtype}, i) => dtype !== b.outputs[i]!.dtype)) return false;
  const identity = ({what}: Entry): unknown => {
    switch (what.kind) {
      case 'kernel':
        return what.kernel;
      case 'read':
      case 'assign':
        return what.variable;
      case 'call':
        return what.call.callee;
      case 'op':
        return what.op.name;
      case 'handle':
        return elementAt(what.value.hostData(), 0);
      case 'random':
        return what.sample.distribution;
      case 'outer':
        return `${what.outer.entry}:${what.outer.output}`;
      default:
        return undefined;
    }
  };
  return identity(a) === identity(b);
}

function sameTree(a: RefTree, b: RefTree): boolean {
  if (a === null || b === null) return a === b;
  if (isRef(a) || isRef(b)) return isRef(a) && isRef(b) && a.entry === b.entry && a.output === b.output;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const at = (tree: RefTree, key: string) => (tree as Record<string, RefTree>)[key] ?? null;
  return keys.every((key) => sameTree(at(a, key), at(b, key)));
}

type Of<K extends EntryKind['kind']> = Extract<EntryKind, {kind: K}>;

function mergeKinds(entries: readonly Entry[]): StepKind {
  try {
    return mergedKind(entries);
  } catch (error) {
    if (!(error instanceof SaveError)) throw error;
    return {kind: 'failed', error};
  }
}

function mergedKind(entries: readonly Entry[]): StepKind {
  const {what: first, outputs} = entries[0]!;
  const kinds = entries.map(({what}) => what);
  switch (first.kind) {
    case 'kernel': {
      const all = kinds as readonly Of<'kernel'>[];
      const names = new Set(all.flatMap(({attrs}) => Object.keys(attrs)));
      const attrs = [...names].map(
        (name) =>
          [
            name,
            mergeAttr(
              all.map((each) => each.attrs[name]),
              name,
            ),
          ] as const,
      );
      return {kind: 'kernel', kernel: first.kernel, attrs: Object.fromEntries(attrs)};
    }
    case 'op':
      checkAttrs((kinds as readonly Of<'op'>[]).map(({op}) => op));
      return first;
    case 'constant':
      return mergeConstants((kinds as readonly Of<'constant'>[]).map(({value}) => value));
    case 'random': {
      const samples = (kinds as readonly Of<'random'>[]).map(({sample}) => sample);
      return {kind: 'random', random: distributionOf(samples, outputs[0]!.dtype as tf.DataType)};
    }
    case 'loop': {
      const all = kinds as readonly Of<'loop'>[];
      return {
        kind: 'loop',
        cond: reconcile(all.map(({cond}) => cond)),
        body: reconcile(all.map(({body}) => body)),
      };
    }
    case 'branch': {
      const all = kinds as readonly Of<'branch'>[];
      const [whenTrue, whenFalse] = [0, 1].map((i) => reconcile(all.map(({branches}) => branches[i]!)));
      return {kind: 'branch', branches: [whenTrue!, whenFalse!]};
    }
    default:
      return first;
  }
}

/** @throws SaveError where an op has other attributes in each run */
function checkAttrs(ops: readonly RecordedOp[]): void {
  const [{attrs}] = ops as [RecordedOp];
  const text = (attr: Attr | undefined) =>
    JSON.stringify(attr, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  for (const [name, attr] of attrs) {
    if (ops.every((each) => text(each.attrs.get(name)) === text(attr))) continue;
    throw new SaveError(
      `the attribute '${name}' follows the sizes of the arguments; attributes of ops are known when a graph is made`,
    );
  }
}
