import {sparse} from './sparse.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('sparse', sparse);
testOpFamily('sparse_sets', sparse);
