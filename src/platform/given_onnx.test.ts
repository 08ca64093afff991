import * as ort from 'onnxruntime-web';
import {describe, expect, it, vi} from 'vitest';
import {givenOnnxRuntime, useOnnxRuntime} from './given_onnx.js';
import {OnnxRuntimeUnavailable} from './onnx_runtime.js';
import type {OnnxRuntimeWeb} from './onnx_web.js';

const startGiven = () => givenOnnxRuntime()!();

describe('useOnnxRuntime', () => {
  it('has nothing imported before it is needed, and then once', async () => {
    expect(givenOnnxRuntime()).toBeUndefined();
    const loader = vi.fn(() => import('onnxruntime-web'));
    useOnnxRuntime(loader);
    expect(loader).not.toHaveBeenCalled();
    const [first, second] = await Promise.all([startGiven(), startGiven()]);
    expect(first).toBe(second);
    expect(first!.version).toBe(ort.env.versions.web);
    expect(loader).toHaveBeenCalledTimes(1);
  });

  it('takes the package as it is, and where a bundler puts it below default', async () => {
    for (const given of [ort, {default: ort} as unknown as OnnxRuntimeWeb]) {
      useOnnxRuntime(() => given);
      expect((await startGiven())!.version).toBe(ort.env.versions.web);
    }
  });

  it('says why the package could not be loaded, and tries again', async () => {
    const loader = vi
      .fn<() => Promise<typeof ort>>()
      .mockRejectedValueOnce(new Error('offline'))
      .mockResolvedValue(ort);
    useOnnxRuntime(loader);
    await expect(startGiven()).rejects.toThrowWithMessage(
      OnnxRuntimeUnavailable,
      /could not be loaded.*offline/,
    );
    expect(await startGiven()).toBeDefined();
  });

  it('says that something else was given', async () => {
    useOnnxRuntime(async () => ({}) as OnnxRuntimeWeb);
    await expect(startGiven()).rejects.toThrowWithMessage(OnnxRuntimeUnavailable, /not onnxruntime-web/);
  });
});
