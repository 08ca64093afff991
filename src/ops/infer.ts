/**
 * What is known of the outputs of each op before it runs: the `infer` columns of all families.
 *
 * @module
 */

import type {Infer, InferTable} from '../graph/infer.js';
import {infer as array} from './array/infer.js';
import {infer as checkpoint} from './checkpoint/infer.js';
import {infer as controlFlow} from './control_flow/infer.js';
import {infer as convolution} from './convolution/infer.js';
import {infer as debug} from './debug/infer.js';
import {infer as fingerprint} from './fingerprint/infer.js';
import {infer as image} from './image/infer.js';
import {infer as indexing} from './indexing/infer.js';
import {infer as linalg} from './linalg/infer.js';
import {infer as list} from './list/infer.js';
import {infer as math} from './math/infer.js';
import {infer as nn} from './nn/infer.js';
import {infer as normalization} from './normalization/infer.js';
import {infer as optional} from './optional/infer.js';
import {infer as parsing} from './parsing/infer.js';
import {infer as proto} from './proto/infer.js';
import {infer as quantization} from './quantization/infer.js';
import {infer as ragged} from './ragged/infer.js';
import {infer as random} from './random/infer.js';
import {infer as recurrent} from './recurrent/infer.js';
import {infer as reduction} from './reduction/infer.js';
import {infer as segment} from './segment/infer.js';
import {infer as signal} from './signal/infer.js';
import {infer as sparse} from './sparse/infer.js';
import {infer as string} from './string/infer.js';
import {infer as table} from './table/infer.js';
import {infer as tensorArray} from './tensor_array/infer.js';
import {infer as text} from './text/infer.js';
import {infer as training} from './training/infer.js';
import {infer as variable} from './variable/infer.js';

/** The columns by the name of their family. */
export const INFER_COLUMNS: Readonly<Record<string, InferTable>> = {
  array,
  checkpoint,
  control_flow: controlFlow,
  convolution,
  debug,
  fingerprint,
  image,
  indexing,
  linalg,
  list,
  math,
  nn,
  normalization,
  optional,
  parsing,
  proto,
  quantization,
  ragged,
  random,
  recurrent,
  reduction,
  segment,
  signal,
  sparse,
  string,
  table,
  tensor_array: tensorArray,
  text,
  training,
  variable,
};

const RULES: ReadonlyMap<string, Infer> = new Map(Object.values(INFER_COLUMNS).flatMap(Object.entries));

/** The rule of an op; undefined where there is none. */
export function inferenceOf(op: string): Infer | undefined {
  return RULES.get(op);
}
