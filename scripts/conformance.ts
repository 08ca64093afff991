/**
 * `npm run conformance`: the real TensorFlow as the judge. Installs it (two releases, each in a virtual environment
 * under `.venv/`), builds every fixture anew, and compares what this library computes with what TensorFlow computed. Two parts
 * at a time. `npm run conformance -- traced ops` does only the parts with these words in their names, and what they need.
 *
 * Needs Python 3.10 or 3.11 and a Python package index; nothing else.
 *
 * @module
 */

import {conformanceParts} from './conformance_parts.js';
import {chosenParts, runParts} from './part.js';

await runParts(chosenParts(conformanceParts(), process.argv.slice(2)));
