import {testOpFamily} from '../testing/op_cases.js';
import {image} from './kernels.js';

testOpFamily('image', image);
