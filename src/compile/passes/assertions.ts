/**
 * Assertions of what is known to hold before anything runs are left out.
 *
 * @module
 */

import type {RewriteRule} from '../../graph/rewrite.js';
import {elementAt} from '../../host/tensor.js';
import type {Pass} from './pass.js';

const assert: RewriteRule = ({inputs: [condition]}) => {
  const value = condition!.value && elementAt(condition!.value.data, 0);
  return value !== undefined && Number(value) === 1 ? [] : undefined;
};

/** See the module. */
export const assertions: Pass = {name: 'assertions', rules: {Assert: assert}};
