/**
 * The declarations of operations as methods of tensors, which `chained_ops.ts` defines: tfjs's own, in its inner module.
 *
 * @module
 */

export type * from '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
