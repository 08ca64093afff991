/**
 * What the attributes of cuDNN's recurrent layers say of their shapes.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {ownEntry} from '../../own_entry.js';
import {unsupported} from '../node.js';

/** A kind of recurrent layer. */
export interface CudnnMode {
  readonly name: 'rnn_relu' | 'rnn_tanh' | 'lstm' | 'gru';
  readonly gates: number;
  /** Whether there is a cell beside the hidden state. */
  readonly hasCell: boolean;
}

const MODES: Readonly<Record<string, CudnnMode>> = {
  rnn_relu: {name: 'rnn_relu', gates: 1, hasCell: false},
  rnn_tanh: {name: 'rnn_tanh', gates: 1, hasCell: false},
  lstm: {name: 'lstm', gates: 4, hasCell: true},
  gru: {name: 'gru', gates: 3, hasCell: false},
};

/** The kind of a node's layer. */
export function cudnnModeOf(node: OpNode): CudnnMode {
  const name = node.attrs.string('rnn_mode');
  const mode = ownEntry(MODES, name);
  if (mode === undefined) throw unsupported(node, `rnn_mode ${name}`);
  return mode;
}

/** 2 for a layer that also runs backwards. */
export function directionsOf({attrs}: OpNode): 1 | 2 {
  return attrs.string('direction') === 'bidirectional' ? 2 : 1;
}
