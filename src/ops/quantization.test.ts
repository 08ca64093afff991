import {quantization} from './quantization.js';
import {quantizedNumbers} from './quantized_numbers.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('quantization', {...quantization, ...quantizedNumbers});
