import {activations} from './activation.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('activation', activations);
