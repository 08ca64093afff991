import {imageResize} from './image_resize.js';
import {testOpFamily} from './testing/op_cases.js';

testOpFamily('image_resize', imageResize);
