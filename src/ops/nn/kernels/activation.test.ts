import {testOpFamily} from '../../testing/op_cases.js';
import {activations} from './activation.js';

testOpFamily('activation', activations);
