/**
 * Convolutions and pooling as ops of ONNX.
 *
 * @module
 */

import type {LowerTable} from '../lowering.js';
import {convolution} from './onnx/convolutions.js';
import {filterGradient} from './onnx/filter_gradients.js';
import {fusedConvolution, fusedMatMul} from './onnx/fused.js';
import {dilation2d} from './onnx/morphology.js';
import {maxPoolWithArgmax, pool} from './onnx/pooling.js';
import {transposedConvolution} from './onnx/transposed.js';
import {CONV2D, CONV3D, DEPTHWISE} from './plan.js';

export const onnx: LowerTable = {
  Conv2D: convolution(CONV2D),
  DepthwiseConv2dNative: convolution(DEPTHWISE),
  Conv3D: convolution(CONV3D),
  Conv2DBackpropInput: transposedConvolution(CONV2D),
  DepthwiseConv2dNativeBackpropInput: transposedConvolution(DEPTHWISE),
  Conv3DBackpropInputV2: transposedConvolution(CONV3D),
  Conv2DBackpropFilter: filterGradient(CONV2D),
  Conv3DBackpropFilterV2: filterGradient(CONV3D),
  MaxPool: pool('Max', 4),
  MaxPoolV2: pool('Max', 4),
  AvgPool: pool('Average', 4),
  MaxPool3D: pool('Max', 5),
  AvgPool3D: pool('Average', 5),
  MaxPoolWithArgmax: maxPoolWithArgmax,
  Dilation2D: dilation2d,
  _FusedConv2D: fusedConvolution(CONV2D),
  _FusedDepthwiseConv2dNative: fusedConvolution(DEPTHWISE),
  _FusedMatMul: fusedMatMul,
};
