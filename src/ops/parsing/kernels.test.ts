/** Parsing ops against TensorFlow's results. */

import {testOpFamily} from '../testing/op_cases.js';
import {parsing} from './kernels.js';

testOpFamily('parsing', parsing, ['cpu']);
