/**
 * Quantization as ops of ONNX.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';
import {fakeQuantArgs, fakeQuantPerChannel, fakeQuantVars} from './onnx/fake_quant.js';
import {dequantize, quantizeV2} from './onnx/numbers.js';
import {quantizeAndDequantize} from './onnx/quantize_dequantize.js';

export const onnx: LowerTable = {
  FakeQuantWithMinMaxArgs: fakeQuantArgs,
  FakeQuantWithMinMaxVars: fakeQuantVars,
  FakeQuantWithMinMaxVarsPerChannel: fakeQuantPerChannel,
  QuantizeV2: quantizeV2,
  Dequantize: dequantize,
  QuantizeAndDequantizeV2: quantizeAndDequantize,
  QuantizeAndDequantizeV3: quantizeAndDequantize,
  QuantizeAndDequantizeV4: quantizeAndDequantize,
};
