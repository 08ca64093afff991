/**
 * The op that a graph with custom gradients is rewritten to.
 *
 * @module
 */

/** Op that replaces an identity with a gradient of its own: its inputs are followed by what the gradient captures. */
export const CUSTOM_GRADIENT_OP = '_IdentityWithGradient';
