/**
 * Facts about each op: the `facts` columns of all families.
 *
 * @module
 */

import {facts as array} from './array/facts.js';
import {facts as checkpoint} from './checkpoint/facts.js';
import {facts as controlFlow} from './control_flow/facts.js';
import {facts as convolution} from './convolution/facts.js';
import {facts as customGradient} from './custom_gradient/facts.js';
import type {FactTable, OpFacts} from './facts_table.js';
import {facts as image} from './image/facts.js';
import {facts as indexing} from './indexing/facts.js';
import {facts as linalg} from './linalg/facts.js';
import {facts as list} from './list/facts.js';
import {facts as math} from './math/facts.js';
import {facts as nn} from './nn/facts.js';
import {facts as normalization} from './normalization/facts.js';
import {facts as optional} from './optional/facts.js';
import {facts as parsing} from './parsing/facts.js';
import {facts as proto} from './proto/facts.js';
import {facts as quantization} from './quantization/facts.js';
import {facts as ragged} from './ragged/facts.js';
import {facts as random} from './random/facts.js';
import {facts as recurrent} from './recurrent/facts.js';
import {facts as reduction} from './reduction/facts.js';
import {facts as segment} from './segment/facts.js';
import {facts as signal} from './signal/facts.js';
import {facts as sparse} from './sparse/facts.js';
import {facts as string} from './string/facts.js';
import {facts as table} from './table/facts.js';
import {facts as tensorArray} from './tensor_array/facts.js';
import {facts as text} from './text/facts.js';
import {facts as training} from './training/facts.js';
import {facts as variable} from './variable/facts.js';

/** The columns by the name of their family. */
export const FACT_COLUMNS: Readonly<Record<string, FactTable>> = {
  array,
  checkpoint,
  control_flow: controlFlow,
  convolution,
  custom_gradient: customGradient,
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

const FACTS: ReadonlyMap<string, OpFacts> = new Map(Object.values(FACT_COLUMNS).flatMap(Object.entries));

const NO_FACTS: OpFacts = {};

/** What is known of an op; nothing, where there is nothing to say. */
export function factsOf(op: string): OpFacts {
  return FACTS.get(op) ?? NO_FACTS;
}
