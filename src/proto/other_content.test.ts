import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../algorithms/utf8.js';
import {FormatError} from '../errors.js';
import {decodeMessage} from './decode.js';
import {SavedModel} from './index.js';
import {otherContent} from './other_content.js';

const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';

describe('what stands in the place of a model', () => {
  it.each([
    [encodeUtf8(POINTER), /Git LFS to a file of 12345 bytes that was not fetched: `git lfs pull`/],
    [encodeUtf8('<!DOCTYPE html>\n<html></html>'), /an HTML page/],
    [encodeUtf8('\n <HTML>'), /an HTML page/],
    [encodeUtf8('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'), /XML, as object stores/],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip/],
    [Uint8Array.of(0x50, 0x4b, 3, 4, 20), /a ZIP archive/],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d), /an HDF5 file/],
  ])('is named (%#)', (bytes, says) => {
    expect(() => decodeMessage(SavedModel, bytes, 'saved_model.pb of m')).toThrowWithMessage(
      FormatError,
      says,
    );
  });

  it.each([[encodeUtf8('html')], [new Uint8Array(0)], [Uint8Array.of(8, 1, 18, 0)]])(
    'is not what it is not (%#)',
    (bytes) => expect(otherContent(bytes)).toBeUndefined(),
  );
});
