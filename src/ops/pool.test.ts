import {pools} from './pool.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('pool', pools);
