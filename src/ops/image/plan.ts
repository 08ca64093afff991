/**
 * Sizes of images that are resized, cut and projected.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {type Window, windowsOf} from '../convolution/plan.js';

/** The windows that cut patches, `[height, width]`, out of images of `shape`. */
export function patchWindows<D extends number | null>(shape: readonly D[], node: OpNode): Window<D>[] {
  const ofImage = (name: string): number[] => node.attrs.ints(name).slice(1, 3);
  const [sizes, strides] = [ofImage('ksizes'), ofImage('strides')] as D[][];
  return windowsOf(
    {inputs: shape.slice(1, 3), sizes: sizes!, strides: strides!, dilations: ofImage('rates')},
    node,
  );
}
