/**
 * Layers of tfjs-layers that step through time, with the parts that it does not declare public, and other calls in the place
 * of theirs.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {type layers, RNN} from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** What tfjs-layers passes to `call` besides the inputs. */
export type CallKeywords = Record<string, unknown> & {
  readonly training?: boolean;
  readonly mask?: tf.Tensor | tf.Tensor[] | null;
  readonly initialState?: readonly tf.Tensor[] | null;
};

/** A layer's method `call`. */
export type Call = (inputs: tf.Tensor | tf.Tensor[], keywords?: CallKeywords) => tf.Tensor | tf.Tensor[];

/** A cell: one step of a recurrent layer. */
export interface Cell extends Layer {
  /** The cells of a stack. */
  readonly cells?: readonly Cell[];
  readonly dropout?: number;
  readonly recurrentDropout?: number;
  /** What is dropped, the same at all steps of one call: made in the first, and kept by the cell. */
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
}

/** A recurrent layer. */
export interface RecurrentLayer extends Layer {
  readonly cell: Cell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly states: readonly (tf.Tensor | null)[];
  getInitialState(inputs: tf.Tensor): tf.Tensor[];
}

export const isRecurrent = (layer: Layer): layer is RecurrentLayer & RNN => layer instanceof RNN;

/** A cell and the cells that it stacks. */
const cellsOf = (cell: Cell): readonly Cell[] => [cell, ...(cell.cells ?? []).flatMap(cellsOf)];

/** Whether a cell drops some of its inputs or states in training. */
export const dropsSome = (cell: Cell): boolean =>
  cellsOf(cell).some(({dropout = 0, recurrentDropout = 0}) => dropout > 0 || recurrentDropout > 0);

/** Lets a cell draw anew what it drops, in its next step. */
export function forgetDropoutMasks(cell: Cell): void {
  for (const each of cellsOf(cell)) {
    if (each.dropoutMask) each.dropoutMask = null;
    if (each.recurrentDropoutMask) each.recurrentDropoutMask = null;
  }
}

/** Runs `f` with other calls in the place of these layers' own. */
export function withCalls<T>(calls: ReadonlyMap<Layer, Call>, f: () => T): T {
  for (const [layer, call] of calls) {
    Object.defineProperty(layer, 'call', {value: call, configurable: true, writable: true});
  }
  try {
    return f();
  } finally {
    for (const layer of calls.keys()) Reflect.deleteProperty(layer, 'call');
  }
}
