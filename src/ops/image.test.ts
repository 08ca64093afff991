import {image} from './image.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('image', image);
