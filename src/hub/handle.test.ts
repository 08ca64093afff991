/** Tests of what handles say. */

import {describe, expect, it} from 'vitest';
import {HandleError} from '../errors.js';
import {
  hostingUrl,
  isArchiveName,
  kaggleName,
  kaggleUrl,
  parseHandle,
  parseKaggleName,
  parseKaggleUrl,
} from './handle.js';

describe('parseHandle', () => {
  it.each([
    ['/models/mine', {kind: 'path', path: '/models/mine'}],
    ['./mine/', {kind: 'path', path: './mine/'}],
    ['mine', {kind: 'path', path: 'mine'}],
    ['a/b/c/d/1', {kind: 'path', path: 'a/b/c/d/1'}],
    ['C:\\models\\mine', {kind: 'path', path: 'C:\\models\\mine'}],
    ['odd:name', {kind: 'path', path: 'odd:name'}],
    ['file:///models/mine', {kind: 'path', path: 'file:///models/mine'}],
    [
      'https://tfhub.dev/google/nnlm-en-dim50/2',
      {kind: 'http', url: 'https://tfhub.dev/google/nnlm-en-dim50/2'},
    ],
    ['HTTP://localhost:1/x', {kind: 'http', url: 'HTTP://localhost:1/x'}],
    ['gs://bucket/a/b/', {kind: 'gs', bucket: 'bucket', object: 'a/b'}],
    ['gs://bucket/a/b.tar.gz', {kind: 'gs', bucket: 'bucket', object: 'a/b.tar.gz'}],
    ['gs://bucket', {kind: 'gs', bucket: 'bucket', object: ''}],
    ['s3://bucket/x', {kind: 'unknown', scheme: 's3'}],
  ])('%s', (handle, expected) => {
    expect(parseHandle(handle)).toEqual(expected);
  });

  it('reads an explicit Kaggle name', () => {
    expect(parseHandle('kaggle:google/nnlm/tensorFlow2/en-dim50/1')).toEqual({
      kind: 'kaggle',
      model: {owner: 'google', model: 'nnlm', framework: 'tensorFlow2', variation: 'en-dim50', version: 1},
    });
  });

  it.each([
    ['', /empty/],
    ['  ', /empty/],
    ['a\0b', /NUL/],
    ['https://', /not a URL/],
    ['gs://', /gs:\/\/bucket/],
    ['kaggle:google/nnlm', /owner\/model\/framework\/variation/],
  ])('refuses %j', (handle, message) => {
    expect(() => parseHandle(handle)).toThrowWithMessage(HandleError, message);
  });
});

describe('hostingUrl', () => {
  it.each([
    ['https://h/m/1', 'https://h/m/1?tf-hub-format=compressed'],
    ['https://h/m/1?a=b', 'https://h/m/1?a=b&tf-hub-format=compressed'],
    ['https://h/m/1?a=%2F&c', 'https://h/m/1?a=%2F&c&tf-hub-format=compressed'],
    ['https://h/m/1?', 'https://h/m/1?tf-hub-format=compressed'],
    ['https://h/m.tar.gz#part', 'https://h/m.tar.gz?tf-hub-format=compressed'],
  ])('%s', (url, expected) => {
    expect(hostingUrl(url, 'compressed')).toBe(expected);
  });
});

describe('isArchiveName', () => {
  it('knows the three endings of the reference', () => {
    expect(['a.tar', 'b.tar.gz', 'c.tgz', 'https://h/c.tgz?x=1'].every(isArchiveName)).toBe(true);
    expect(['a.zip', 'tar', 'a.tar/b', 'a.gz'].some(isArchiveName)).toBe(false);
  });
});

describe('Kaggle names', () => {
  const nnlm = {owner: 'google', model: 'nnlm', framework: 'TensorFlow2', variation: 'en-dim50', version: 1};

  it('come from the short form, with and without a version', () => {
    expect(parseKaggleName('google/nnlm/TensorFlow2/en-dim50/1')).toEqual(nnlm);
    expect(parseKaggleName('google/nnlm/TensorFlow2/en-dim50')).toEqual({...nnlm, version: null});
    expect(kaggleName(nnlm)).toBe('google/nnlm/TensorFlow2/en-dim50/1');
    expect(kaggleName({...nnlm, version: null})).toBe('google/nnlm/TensorFlow2/en-dim50');
  });

  it.each([
    'google/nnlm',
    '/google/nnlm/a/b',
    'a/b/c/d/latest',
    'a/b/c/d/0',
    'a/b/../d',
    'a/b c/d/e',
    'a/b/c/d/1/e',
  ])('are not read into %s', (name) => {
    expect(parseKaggleName(name)).toBeNull();
  });

  it.each([
    'https://www.kaggle.com/models/google/nnlm/TensorFlow2/en-dim50/1',
    'https://kaggle.com/models/google/nnlm/frameworks/TensorFlow2/variations/en-dim50/versions/1',
    'https://www.kaggle.com/models/google/nnlm/TensorFlow2/en-dim50/1/?utm=1',
  ])('come from %s', (url) => {
    expect(parseKaggleUrl(url)).toEqual(nnlm);
  });

  it('do not come from other hosts and pages', () => {
    expect(parseKaggleUrl('https://example.com/models/a/b/c/d/1')).toBeNull();
    expect(parseKaggleUrl('https://www.kaggle.com/datasets/a/b')).toBeNull();
    expect(parseKaggleUrl('https://www.kaggle.com.evil.test/models/a/b/c/d/1')).toBeNull();
  });

  it('have a page', () => {
    expect(kaggleUrl(nnlm)).toBe('https://www.kaggle.com/models/google/nnlm/TensorFlow2/en-dim50/1');
  });
});
