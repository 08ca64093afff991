/**
 * Everything that must hold, after `npm ci` (which builds the package): types, lint, the quickstart, unit tests, a real browser,
 * and the real TensorFlow. `.ci/run` starts it; with words, only the parts with these in their names, and what they need.
 *
 * @module
 */

import {conformanceParts} from './conformance_parts.js';
import {chosenParts, counted, type Part, runParts, tested, whole} from './part.js';

/** Short parts come first, to fail early; what waits for a network runs beside the long ones. */
const parts: readonly Part[] = [
  whole('Chromium', ['npx', 'tsx', 'browser/chromium.ts'], {waits: true}),
  whole('lint', ['npm', 'run', '--silent', 'lint']),
  whole('types', ['npm', 'run', '--silent', 'typecheck']),
  whole('quickstart', ['npm', 'run', '--silent', 'quickstart']),
  tested('unit tests', []),
  ...conformanceParts(),
  counted('browser tests', ['npx', 'tsx', 'browser/run.ts'], {after: ['Chromium']}),
];

await runParts(chosenParts(parts, process.argv.slice(2)));
