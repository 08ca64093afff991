import {testOpFamily} from '../testing/op_cases.js';
import {quantizedNumbers} from './kernels/numbers.js';
import {quantization} from './kernels.js';

testOpFamily('quantization', {...quantization, ...quantizedNumbers});
