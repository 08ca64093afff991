/**
 * Control flow as ops of ONNX: branches and loops whose functions lower to the last node.
 *
 * @module
 */

import {forAll} from '../lower_rules.js';
import type {LowerTable} from '../lowering.js';
import {conditional, switchCase} from './onnx/branches.js';
import {whileLoop} from './onnx/loop.js';

export const onnx: LowerTable = {
  ...forAll(conditional, ['If', 'StatelessIf']),
  ...forAll(switchCase, ['Case', 'StatelessCase']),
  ...forAll(whileLoop, ['While', 'StatelessWhile']),
};
