/** Checks reductions, scans, rankings and counts against TensorFlow. */

import {testOpFamily} from '../testing/op_cases.js';
import {reduction} from './kernels.js';

testOpFamily('reduction', reduction);
