import {quantization} from './quantization.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('quantization', quantization);
