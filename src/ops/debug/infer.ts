/**
 * What is known of the results of assertions, printing and summaries.
 *
 * @module
 */

import type {InferTable} from '../../graph/infer.js';
import {forAll, nothing, passes, scalar} from '../infer_rules.js';

export const infer: InferTable = {
  Print: passes,
  ...forAll(scalar, [
    ...['Timestamp', 'AudioSummary', 'AudioSummaryV2', 'HistogramSummary', 'ImageSummary', 'MergeSummary'],
    ...['ScalarSummary', 'TensorSummary', 'TensorSummaryV2', 'SummaryWriter'],
  ]),
  ...forAll(nothing, [
    ...['Assert', 'PrintV2', 'CreateSummaryFileWriter', 'CreateSummaryDbWriter', 'CloseSummaryWriter'],
    ...['FlushSummaryWriter', 'WriteAudioSummary', 'WriteGraphSummary', 'WriteHistogramSummary'],
    ...['WriteImageSummary', 'WriteRawProtoSummary', 'WriteScalarSummary', 'WriteSummary'],
  ]),
};
