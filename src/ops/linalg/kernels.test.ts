/** Checks linear algebra against TensorFlow. */

import {testOpFamily} from '../testing/op_cases.js';
import {linalg} from './kernels.js';

for (const fixture of ['linalg', 'linalg_diagonals']) testOpFamily(fixture, linalg);
