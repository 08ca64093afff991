/**
 * Passes: tables of rules that a graph is rewritten by before it is lowered, one after the other.
 *
 * @module
 */

import type {FunctionGraph, FunctionLibrary} from '../../graph/graph.js';
import {type InferOptions, inferGraphInPieces} from '../../graph/infer.js';
import {type RewriteTable, rewriteGraphInPieces} from '../../graph/rewrite.js';
import type {Pieces} from '../../host/pieces.js';
import {inferenceOf} from '../../ops/infer.js';

/** One pass. */
export interface Pass {
  readonly name: string;
  readonly rules: RewriteTable;
}

/** The graph after all passes. */
export function* applyPasses(
  graph: FunctionGraph,
  passes: readonly Pass[],
  given: InferOptions['given'] & {},
  library: FunctionLibrary,
): Pieces<FunctionGraph> {
  let rewritten = graph;
  for (const {rules} of passes) {
    // What is known is found out anew for each pass, and only where it has something to look at.
    if (!rewritten.nodes.some(({op}) => Object.hasOwn(rules, op))) continue;
    const known = yield* inferGraphInPieces(rewritten, {rules: inferenceOf, library, given});
    rewritten = yield* rewriteGraphInPieces(rewritten, rules, {known, inference: inferenceOf});
  }
  return rewritten;
}
