import {testOpFamily} from '../../testing/op_cases.js';
import {imageResize} from './resize.js';

testOpFamily('image_resize', imageResize);
