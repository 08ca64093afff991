/** Checks linear algebra against TensorFlow. */

import {linalg} from './linalg.js';
import {testOpFamily} from './testing/op_cases.js';

for (const fixture of ['linalg', 'linalg_diagonals']) testOpFamily(fixture, linalg);
