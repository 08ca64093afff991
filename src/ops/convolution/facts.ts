/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable, OpFacts} from '../facts_table.js';

const INPUT_SIZES: OpFacts = {inputRanks: {input_sizes: 'vector'}, constantInputs: ['input_sizes']};
const FILTER_SIZES: OpFacts = {inputRanks: {filter_sizes: 'vector'}, constantInputs: ['filter_sizes']};
const INPUT_SHAPE: OpFacts = {inputRanks: {orig_input_shape: 'vector'}, constantInputs: ['orig_input_shape']};

export const facts: FactTable = {
  Conv2DBackpropInput: INPUT_SIZES,
  Conv2DBackpropFilter: FILTER_SIZES,
  DepthwiseConv2dNativeBackpropInput: INPUT_SIZES,
  DepthwiseConv2dNativeBackpropFilter: FILTER_SIZES,
  Conv3DBackpropInputV2: INPUT_SIZES,
  Conv3DBackpropFilterV2: FILTER_SIZES,
  MaxPoolV2: {constantInputs: ['ksize', 'strides']},
  AvgPoolGrad: INPUT_SHAPE,
  AvgPool3DGrad: INPUT_SHAPE,
};
