/** Parsing ops against TensorFlow's results. */

import {parsing} from './parsing.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('parsing', parsing, ['cpu']);
