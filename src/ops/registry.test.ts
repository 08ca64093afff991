import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {OPS_DOC, opsDoc} from '../../scripts/generate_ops_doc.js';
import {type Attr, Attrs} from '../graph/attrs.js';
import {opDef} from '../graph/op_defs.js';
import {OP_FAMILIES, unsupportedDtype} from './registry.js';

it('has every op in one family only', () => {
  const ops = Object.values(OP_FAMILIES).flatMap(Object.keys);
  expect(ops.filter((op, i) => ops.indexOf(op) !== i)).toEqual([]);
});

it('names ops as TensorFlow does', () => {
  // Grappler and the executor make ops that the registry of the Python package does not list.
  const unknown = Object.values(OP_FAMILIES)
    .flatMap(Object.keys)
    .filter((op) => opDef(op) === undefined && !op.startsWith('_'));
  expect(unknown).toEqual([]);
});

it('is what docs/ops.md says (npm run docs:ops writes it)', () => {
  expect(readFileSync(OPS_DOC, 'utf8')).toBe(opsDoc());
});

it('tells the dtypes for which an op is not supported from those for which it is', () => {
  const attrs = (values: Record<string, Attr>) => new Attrs((name) => values[name], 'a node');
  expect(unsupportedDtype('AsString', attrs({T: {type: 'type', value: 'variant'}}))).toBe('T = variant');
  expect(unsupportedDtype('AsString', attrs({T: {type: 'type', value: 'float32'}}))).toBeUndefined();
  expect(unsupportedDtype('ZerosLike', attrs({T: {type: 'type', value: 'variant'}}))).toBeUndefined();
  expect(unsupportedDtype('Identity', attrs({}))).toBeUndefined();
});

it('names attributes of ops where it limits their dtypes', () => {
  const unknown = Object.values(OP_FAMILIES).flatMap((family) =>
    Object.entries(family).flatMap(([op, {unsupportedDtypes}]) =>
      Object.keys(unsupportedDtypes ?? {}).filter(
        (name) => !opDef(op)!.attrs.some((attr) => attr.name === name),
      ),
    ),
  );
  expect(unknown).toEqual([]);
});
