import {nn} from './nn.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('nn_misc', nn);
