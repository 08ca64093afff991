/**
 * Chains: nodes that feed one another and nobody else, computed as one where a kernel does all of it. What a chain computes is what its
 * nodes compute one after the other; where its kernel cannot, they do.
 *
 * @module
 */

import type {OpNode} from '../graph/graph.js';
import type {Value} from '../tensors/value.js';
import type {Session} from './kernel.js';

/** Computes a chain: its last node's first output, from what each of its nodes reads besides the one before; undefined where it cannot. */
export type ChainKernel = (inputs: readonly (readonly Value[])[]) => Value | undefined;

/** A node that may join a chain. */
export interface Joining {
  readonly node: OpNode;
  /** The input at which it reads the chain. */
  readonly input: number;
  /** Whether what else it reads is a constant or a variable. */
  readonly readsParameters: boolean;
}

/** A kind of chain. */
export interface ChainRule {
  /** Whether a chain may begin with the node. */
  begins(node: OpNode): boolean;
  /** Whether the node can be computed together with those before it. */
  joins(chain: readonly OpNode[], next: Joining): boolean;
  /** Whether such nodes are worth computing as one. */
  isWhole(chain: readonly OpNode[]): boolean;
  /** The kernel of a chain. */
  kernel(chain: readonly OpNode[], session: Session): ChainKernel;
}
