import {testOpFamily} from '../testing/op_cases.js';
import {segment} from './kernels.js';

testOpFamily('segment', segment);
