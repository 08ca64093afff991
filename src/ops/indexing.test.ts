import {indexing} from './indexing.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('indexing', indexing);
