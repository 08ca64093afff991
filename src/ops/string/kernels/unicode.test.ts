/** Unicode ops against TensorFlow's results. */

import {testOpFamily} from '../../testing/op_cases.js';
import {unicode} from './unicode.js';

testOpFamily('unicode', unicode, ['cpu']);
