import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {installRepairs} from './install.js';

installRepairs();

it('chains operations as tfjs documents them', () => {
  const x = tf.tensor([1, 2, 3, 4], [2, 2]);
  expect(x.square().mul(2).arraySync()).toEqual([
    [2, 8],
    [18, 32],
  ]);
  expect(x.concat([x, x], 1).shape).toEqual([2, 6]);
  expect(x.concat(x).shape).toEqual([4, 2]);
  expect(x.stack(x).shape).toEqual([2, 2, 2]);
  expect(x.flatten().arraySync()).toEqual([1, 2, 3, 4]);
  expect(x.as3D(1, 2, 2).shape).toEqual([1, 2, 2]);
  expect(x.where(x.greater(2), x.neg()).arraySync()).toEqual([
    [-1, -2],
    [3, 4],
  ]);
  expect(x.sum(0).toInt().dtype).toBe('int32');
  expect(x.rfft().shape).toEqual([2, 2]);
  expect(x.as4D(1, 2, 2, 1).resizeBilinear([4, 4]).shape).toEqual([1, 4, 4, 1]);
});

it('adds the methods that the declarations of tfjs promise', async () => {
  const {readdirSync, readFileSync} = await import('node:fs');
  const directory = new URL(
    '../../node_modules/@tensorflow/tfjs-core/dist/public/chained_ops/',
    import.meta.url,
  );
  const declared = readdirSync(directory)
    .filter((name) => name.endsWith('.d.ts'))
    .flatMap((name) => [
      ...readFileSync(new URL(name, directory), 'utf8').matchAll(/interface Tensor<[^{]*\{\s*(\w+)\s*[<(]/g),
    ])
    .map(([, name]) => name!);
  expect(declared.length).toBeGreaterThan(120);
  expect(declared.filter((name) => !(name in tf.Tensor.prototype))).toEqual([]);
});
