import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {OPS_DOC, opsDoc} from '../../scripts/generate_ops_doc.js';
import {opDef} from '../graph/op_defs.js';
import {OP_FAMILIES} from './registry.js';

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
