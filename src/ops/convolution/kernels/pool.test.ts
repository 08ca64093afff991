import {testOpFamily} from '../../testing/op_cases.js';
import {pools} from './pool.js';

testOpFamily('pool', pools);
