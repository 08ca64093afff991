/** Hash ops against TensorFlow's results. */

import {fingerprint} from './fingerprint.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('fingerprint', fingerprint);
