import {convolution} from '../convolution/kernels.js';
import {testOpFamily} from '../testing/op_cases.js';
import {nn} from './kernels.js';

testOpFamily('activation', nn);
testOpFamily('nn_misc', {...nn, ...convolution});
