import {convolutions} from './conv.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('conv', convolutions);
