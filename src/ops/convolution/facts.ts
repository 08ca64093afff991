/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  Conv2DBackpropInput: {inputRanks: {input_sizes: 'vector'}},
  Conv2DBackpropFilter: {inputRanks: {filter_sizes: 'vector'}},
  DepthwiseConv2dNativeBackpropInput: {inputRanks: {input_sizes: 'vector'}},
  DepthwiseConv2dNativeBackpropFilter: {inputRanks: {filter_sizes: 'vector'}},
  Conv3DBackpropInputV2: {inputRanks: {input_sizes: 'vector'}},
  Conv3DBackpropFilterV2: {inputRanks: {filter_sizes: 'vector'}},
  AvgPoolGrad: {inputRanks: {orig_input_shape: 'vector'}},
  AvgPool3DGrad: {inputRanks: {orig_input_shape: 'vector'}},
};
