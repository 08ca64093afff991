import {recurrent} from './recurrent.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('recurrent', recurrent);
