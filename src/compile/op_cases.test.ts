/** Every rule of the `onnx` columns on onnxruntime-node, against what the real TensorFlow computed. */

import {nodeOnnxRuntime} from '../platform/node_onnx.js';
import {testOpCases} from './testing/op_case_sessions.js';

testOpCases({
  options: {runtime: nodeOnnxRuntime()!, threads: 1},
  run: (segment, values) => segment.run(values),
});
