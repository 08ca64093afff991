/** Hash ops against TensorFlow's results. */

import {testOpFamily} from '../testing/op_cases.js';
import {fingerprint} from './kernels.js';

testOpFamily('fingerprint', fingerprint);
