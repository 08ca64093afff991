/**
 * Types of what models give whose functions TypeScript does not know.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {ExactTensor} from './boundary.js';

/** What a name or a place of a result stands for. Only the model says what that is. */
// biome-ignore lint/suspicious/noExplicitAny: who reads it knows the model, and says so or just uses it
export type Member = any;

/** What is beside a tensor in a {@link ModelOutput}. */
export interface Members {
  readonly [member: string]: Member;
  [Symbol.iterator](): Iterator<Member>;
}

/**
 * What a call gives, as far as TypeScript knows: a tensor, which is what most functions give. Where one gives several in a tuple or by name, they are
 * members, and can be taken apart. Whoever knows better says so: `const logits: Logits = model(x)`, `model<Logits>(x)`, or with the types that
 * `tfhub types` writes.
 */
export interface ModelOutput extends tf.Tensor, Members {}

/** {@link ModelOutput} of a call with `{exact: true}`. */
export interface ExactModelOutput extends ExactTensor, Members {}
