/**
 * Every rule of the `onnx` columns on onnxruntime-web, against what the real TensorFlow computed: another machine, whose kernels are compiled from
 * the same sources. What of a node is known beforehand changes what is built, which the test of onnxruntime-node goes through.
 */

import * as ort from 'onnxruntime-web';
import {webOnnxRuntime} from '../platform/onnx_web.js';
import {AsyncCall} from '../runtime/async_call.js';
import {testOpCases} from './testing/op_case_sessions.js';

const runtime = await webOnnxRuntime(ort, 1);

const call = new AsyncCall(
  {},
  {
    enter: (f) => f(),
    call: () => {
      throw new TypeError('a session calls no functions');
    },
  },
);

testOpCases(
  {
    options: {runtime: undefined, asyncRuntime: async () => runtime, threads: 1},
    run: (segment, values) => segment.runAsync(values, call),
  },
  ['shapes, the rest constant', 'constants but the first two', 'constant but the last'],
);
