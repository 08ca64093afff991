/** String ops against TensorFlow's results. */

import {string} from './string.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('strings', string);
