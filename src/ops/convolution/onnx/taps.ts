/**
 * What lies under each element of a sliding window, as slices.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import type {OpenWindow} from './pads.js';

/** An end that no axis has: all that there is. */
const ALL = 2 ** 31 - 1;

/**
 * For each element of the windows, row by row, what of `x`, which is padded, lies under it at all positions. The windows' axes are those of `x`
 * from `axis` on; the sizes of `x` need not be known.
 */
export function taps(
  x: OnnxTensor,
  windows: readonly OpenWindow[],
  axis: number,
  to: OnnxBuilder,
): OnnxTensor[] {
  const axes = to.ints(windows.map((_, i) => axis + i));
  const steps = to.ints(windows.map(({stride}) => stride!));
  return positions(windows).map((position) => {
    const starts = position.map((at, i) => at * windows[i]!.dilation);
    // As many elements are left out after an element of the window as the window has after it.
    const ends = windows.map(({size, dilation}, i) => (size! - 1 - position[i]!) * dilation);
    return to.op('Slice', [
      x,
      to.ints(starts),
      to.ints(ends.map((left) => (left === 0 ? ALL : -left))),
      axes,
      steps,
    ]);
  });
}

/** The elements of a window, the last axis running fastest. */
function positions([first, ...rest]: readonly OpenWindow[]): number[][] {
  if (first === undefined) return [[]];
  const inner = positions(rest);
  return Array.from({length: first.size!}, (_, i) => inner.map((position) => [i, ...position])).flat();
}
