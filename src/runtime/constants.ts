/**
 * Constants that are known before anything runs.
 *
 * @module
 */

import type {Endpoint, GraphNode} from '../graph/graph.js';
import type {HostTensor} from '../host/tensor.js';

/** Ops that hand on their first input. */
const HANDS_ON: ReadonlySet<string> = new Set(['Identity', 'PlaceholderWithDefault', 'StopGradient']);

/**
 * The constant that a tensor is; undefined where it is computed.
 *
 * @param given - of a tensor that is given, its value where that is known, else null; undefined for all others
 * @param moved - where a tensor comes from by now
 */
export function constantAt(
  nodes: readonly GraphNode[],
  endpoint: Endpoint,
  given: (endpoint: Endpoint) => HostTensor | null | undefined,
  moved: (endpoint: Endpoint) => Endpoint | null = (each) => each,
): HostTensor | undefined {
  for (let at: Endpoint | null | undefined = endpoint; at != null; ) {
    const value = given(at);
    if (value !== undefined) return value ?? undefined;
    const {op, attrs, inputs}: GraphNode = nodes[at.node]!;
    if (op === 'Const') return attrs.tensor('value');
    at = HANDS_ON.has(op) ? inputs[0] && moved(inputs[0]) : undefined;
  }
  return undefined;
}

/** Whether a condition holds; undefined where that is not known. Of other things than scalars and numbers, who computes them decides. */
export function truthOf(condition: HostTensor | undefined): boolean | undefined {
  if (condition === undefined || condition.shape.length > 0) return undefined;
  const [element] = condition.data as ArrayLike<unknown> as readonly unknown[];
  return typeof element === 'number' || typeof element === 'bigint' ? Number(element) !== 0 : undefined;
}
