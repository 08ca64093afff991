/** Checks reductions, scans, rankings and counts against TensorFlow. */

import {reduction} from './reduction.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('reduction', reduction);
