import {segment} from './segment.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('segment', segment);
