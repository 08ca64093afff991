/**
 * Control flow of TensorFlow 1: ops that the executor itself understands, because what they do is to decide what runs.
 *
 * Source: "Implementation of Control Flow in TensorFlow" (whitepaper, 2017), section 4.
 *
 * @module
 */

/** What such an op does with the token that arrives. */
export type DataflowRole = 'switch' | 'merge' | 'enter' | 'exit' | 'next';

const ROLES: ReadonlyMap<string, DataflowRole> = new Map<string, DataflowRole>([
  ['Switch', 'switch'],
  ['RefSwitch', 'switch'],
  ['Merge', 'merge'],
  ['RefMerge', 'merge'],
  ['Enter', 'enter'],
  ['RefEnter', 'enter'],
  ['Exit', 'exit'],
  ['RefExit', 'exit'],
  ['NextIteration', 'next'],
  ['RefNextIteration', 'next'],
]);

/** All of them. A graph that has one has no static order of execution. */
export const DATAFLOW_OPS: readonly string[] = [...ROLES.keys()];

/** What the op decides; undefined for ops that compute. */
export function dataflowRole(op: string): DataflowRole | undefined {
  return ROLES.get(op);
}
