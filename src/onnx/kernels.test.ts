import {expect, it} from 'vitest';
import {KERNELS} from './generated/kernels.js';
import {kernelTable} from './testing/probe_kernels.js';

it('the table of kernels is what the installed ONNX Runtime has', () => {
  expect(KERNELS.split('\n'), '`npx tsx scripts/generate_onnx_kernels.ts` writes it').toEqual(
    kernelTable().text.split('\n'),
  );
});
