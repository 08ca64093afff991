/**
 * Asks the installed ONNX Runtime for which dtypes it has a kernel of each op, and writes `src/onnx/generated/kernels.ts`;
 * `--check` compares with what is committed.
 *
 * @module
 */

import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {kernelTable} from '../src/onnx/testing/probe_kernels.js';

const FILE = fileURLToPath(new URL('../src/onnx/generated/kernels.ts', import.meta.url));

const {version, text} = kernelTable();
const content = `// Written by scripts/generate_onnx_kernels.ts. DO NOT EDIT.

/** The dtypes for which ONNX Runtime ${version} has a kernel of an op, a line for each. */
export const KERNELS = \`\\
${text}\`;
`;
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== content) {
    console.error(
      `${FILE} is not what the installed ONNX Runtime ${version} has: run this script without --check`,
    );
    process.exit(1);
  }
} else {
  writeFileSync(FILE, content);
  console.log(`wrote ${text.split('\n').length} ops of ONNX Runtime ${version}`);
}
