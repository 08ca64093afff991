/**
 * Shapes of what is restored: known of parts of variables, of which the node says where they are.
 *
 * @module
 */

import {decodeUtf8} from '../../algorithms/utf8.js';
import {boxOf, parseShapeAndSlice} from '../../bundle/tensor_slice.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, UNKNOWN} from '../../graph/known.js';
import {elementAt} from '../../host/tensor.js';

const restore: Infer = ([, , slices], {attrs}) =>
  attrs
    .dtypes('dtypes')
    .map((_, i) => partOf(slices!.value && (elementAt(slices!.value.data, i) as Uint8Array)));

/** A part as `RestoreV2` spells it; nothing is said of what is restored as a whole. */
function partOf(shapeAndSlice: Uint8Array | undefined): Inferred {
  if (shapeAndSlice === undefined || shapeAndSlice.length === 0) return UNKNOWN;
  const {shape, slice} = parseShapeAndSlice(decodeUtf8(shapeAndSlice));
  return {shape: boxOf(slice, shape).shape};
}

export const infer: InferTable = {RestoreV2: restore};
