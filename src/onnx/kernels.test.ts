import * as ort from 'onnxruntime-web';
import {expect, it} from 'vitest';
import {webOnnxRuntime} from '../platform/onnx_web.js';
import {KERNELS} from './generated/kernels.js';
import {asyncKernelTable, kernelTable} from './testing/probe_kernels.js';

it('the table of kernels is what the installed ONNX Runtime has', () => {
  expect(KERNELS.split('\n'), '`npx tsx scripts/generate_onnx_kernels.ts` writes it').toEqual(
    kernelTable().text.split('\n'),
  );
});

it("onnxruntime-web's processor has the same kernels", async () => {
  const table = await asyncKernelTable(await webOnnxRuntime(ort));
  expect(table.split('\n')).toEqual(KERNELS.split('\n'));
});
