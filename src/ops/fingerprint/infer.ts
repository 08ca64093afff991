/**
 * Shapes of hashes.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {forAll, shapeOfInput, withRank, withRankAtLeast} from '../infer_rules.js';

/** Eight bytes for each element of the first axis. */
const fingerprint: Infer = ([data, method], node) => {
  withRank(method!, 0, 'method', node);
  const shape = withRankAtLeast(data!, 1, 'data', node);
  return [{shape: [shape === null ? null : shape[0]!, 8]}];
};

export const infer: InferTable = {
  ...forAll(shapeOfInput(), ['StringToHashBucketFast', 'StringToHashBucket', 'StringToHashBucketStrong']),
  Fingerprint: fingerprint,
};
