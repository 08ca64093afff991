/**
 * The order in which the nodes of a graph use resources. A graph runs in any order that its edges allow; where several
 * nodes use a variable, a table or the world outside, control dependencies keep them in the order of the program.
 *
 * @module
 */

import type {BuiltNode} from '../graph/builder.js';
import {isStateful} from '../graph/effects.js';
import {Variable} from '../ops/variable/variable.js';
import {capturedValue, resourceKeys} from './captures.js';
import {type RefTree, refsOf} from './recording.js';
import type {Step, Steps} from './steps.js';

/** Stands for what stateful ops do that have no handles, such as printing: in order, too. */
export const OUTSIDE: object = {};

/** The nodes that have read or changed a resource since it was last changed. */
interface Uses {
  readonly changed?: BuiltNode;
  readonly readers: BuiltNode[];
}

/** The nodes of one graph that use resources. A resource is known by a key. */
export class ResourceOrder {
  readonly #uses = new Map<object, Uses>();
  /** Nodes that change something, and run whether a result needs them or not. */
  readonly effects: BuiltNode[] = [];

  /** What has to run before a node that reads a resource. */
  beforeRead(key: object): BuiltNode[] {
    const {changed} = this.#usesOf(key);
    return changed === undefined ? [] : [changed];
  }

  /** Takes note of a node that reads a resource. */
  read(key: object, node: BuiltNode): void {
    this.#usesOf(key).readers.push(node);
  }

  /** What has to run before a node that changes resources. */
  beforeChange(keys: readonly object[]): BuiltNode[] {
    return [...new Set(keys.flatMap((key) => [...this.beforeRead(key), ...this.#usesOf(key).readers]))];
  }

  /** Takes note of a node that changes resources. */
  change(keys: readonly object[], node: BuiltNode): void {
    for (const key of keys) this.#uses.set(key, {changed: node, readers: []});
    this.effects.push(node);
  }

  #usesOf(key: object): Uses {
    let uses = this.#uses.get(key);
    if (uses === undefined) this.#uses.set(key, (uses = {readers: []}));
    return uses;
  }
}

/** The resources that steps may change. */
export function changedBy({steps}: Steps): object[] {
  return steps.flatMap(({what, inputs}) => {
    switch (what.kind) {
      case 'op':
        return isStateful(what.op.name) ? handlesAmong(steps, inputs) : [];
      case 'assign':
        return [Variable.of(what.variable)];
      case 'call':
        if (!what.call.stateful) return [];
        return [...resourceKeys(what.call.bound.map(capturedValue)), ...handlesAmong(steps, inputs)];
      case 'loop':
        return [...changedBy(what.cond), ...changedBy(what.body)];
      case 'branch':
        return what.branches.flatMap(changedBy);
      default:
        return [];
    }
  });
}

/** The resources whose handles a step is given. */
function handlesAmong(steps: readonly Step[], inputs: RefTree): object[] {
  return refsOf(inputs).flatMap(({entry}) => {
    const source = steps[entry]!.what;
    return source.kind === 'handle' ? [capturedValue(source.value).key] : [];
  });
}
