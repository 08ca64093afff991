/**
 * How each op is computed by ops of ONNX: the `onnx` columns of the families that have one.
 *
 * @module
 */

import {onnx as array} from './array/onnx.js';
import {onnx as controlFlow} from './control_flow/onnx.js';
import {onnx as convolution} from './convolution/onnx.js';
import {onnx as image} from './image/onnx.js';
import {onnx as indexing} from './indexing/onnx.js';
import {onnx as linalg} from './linalg/onnx.js';
import {onnx as list} from './list/onnx.js';
import type {Lower, LowerTable} from './lowering.js';
import {onnx as math} from './math/onnx.js';
import {onnx as nn} from './nn/onnx.js';
import {onnx as normalization} from './normalization/onnx.js';
import {onnx as quantization} from './quantization/onnx.js';
import {onnx as recurrent} from './recurrent/onnx.js';
import {onnx as reduction} from './reduction/onnx.js';
import {onnx as segment} from './segment/onnx.js';
import {onnx as variable} from './variable/onnx.js';

/** The columns by the name of their family. */
export const ONNX_COLUMNS: Readonly<Record<string, LowerTable>> = {
  array,
  control_flow: controlFlow,
  convolution,
  image,
  indexing,
  linalg,
  list,
  math,
  nn,
  normalization,
  quantization,
  recurrent,
  reduction,
  segment,
  variable,
};

const RULES: ReadonlyMap<string, Lower> = new Map(Object.values(ONNX_COLUMNS).flatMap(Object.entries));

/** The rule of an op; undefined where there is none. */
export function loweringOf(op: string): Lower | undefined {
  return RULES.get(op);
}
