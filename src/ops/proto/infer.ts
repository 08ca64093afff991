/**
 * Shapes of messages and of their fields.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {commonShape, withRankAtLeast} from '../infer_rules.js';

/** Sizes and the values of each field have one more dimension than the messages. */
const encode: Infer = ([sizes, ...values], node) => {
  const batches = [sizes!, ...values].map((known) => {
    const shape = withRankAtLeast(known, 1, 'sizes and values', node);
    return {...known, shape: shape === null ? null : shape.slice(0, -1)};
  });
  return [{shape: commonShape(batches, node)}];
};

/** How many values each message has of each field, and the values. */
const decode: Infer = ([messages], {attrs}) => {
  const {shape} = messages!;
  const fields = attrs.dtypes('output_types');
  const along = (size: number | null) => ({shape: shape && [...shape, size]});
  return [along(fields.length), ...fields.map(() => along(null))];
};

export const infer: InferTable = {EncodeProto: encode, DecodeProtoV2: decode};
