/**
 * Images in the order of axes that plans and kernels have: channels last.
 *
 * @module
 */

import {transpose} from '../../../tensors/movement.js';
import type {Value} from '../../../tensors/value.js';
import {channelsLast, nodeOrder} from '../plan.js';

/** The value with its channels last. */
export function toChannelsLast(x: Value, isChannelsFirst: boolean): Value {
  return isChannelsFirst ? transpose(x, channelsLast([...x.shape.keys()], true)) : x;
}

/** The inverse of {@link toChannelsLast}. */
export function fromChannelsLast(x: Value, isChannelsFirst: boolean): Value {
  return isChannelsFirst ? transpose(x, nodeOrder([...x.shape.keys()], true)) : x;
}
