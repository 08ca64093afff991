/** Checks Fourier transforms against TensorFlow. */

import {signal} from './signal.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('signal', signal);
