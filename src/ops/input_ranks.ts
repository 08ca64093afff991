/**
 * Checks the ranks of inputs that are sizes, axes, bounds or places, in front of the kernel: behind {@link checkRanks} it reads
 * `axis.number()` or `shape.numbers()` and need not ask.
 *
 * @module
 */

import type {OpNode} from '../graph/graph.js';
import {argLength} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import {formatShape, type PartialShape} from '../host/shape.js';
import {factsOf} from './facts.js';
import {RANK_RULES, type RankRule} from './facts_table.js';
import type {Kernel, KernelContext} from './kernel.js';
import {invalid} from './node.js';

/**
 * `kernel`, whose inputs have the ranks that TensorFlow demands; others are a CallError that names the input.
 *
 * @param ranks - by name of the input
 */
export function checkRanks(
  op: string,
  kernel: Kernel,
  ranks: Readonly<Record<string, RankRule>> | undefined,
): Kernel {
  if (ranks === undefined) return kernel;
  const rulesOf = new WeakMap<KernelContext, readonly (NamedRule | undefined)[]>();
  return (inputs, ctx) => {
    let named = rulesOf.get(ctx);
    if (named === undefined) {
      named = namedRules(op, ctx, ranks);
      rulesOf.set(ctx, named);
    }
    checkNamed(inputs, named, ctx);
    return kernel(inputs, ctx);
  };
}

/** Checks the ranks of a node's inputs, as far as they are known before it runs. */
export function checkKnownRanks(inputs: readonly {readonly shape: PartialShape}[], node: OpNode): void {
  const ranks = factsOf(node.op).inputRanks;
  if (ranks !== undefined) checkNamed(inputs, namedRules(node.op, node, ranks), node);
}

function checkNamed(
  inputs: readonly {readonly shape: PartialShape}[],
  named: readonly (NamedRule | undefined)[],
  node: OpNode,
): void {
  for (let i = 0; i < inputs.length; i++) {
    const rule = named[i];
    if (rule === undefined || RANK_RULES[rule.rank].holds(inputs[i]!.shape)) continue;
    const {words} = RANK_RULES[rule.rank];
    throw invalid(node, `${rule.name} must be ${words}, not of shape ${formatShape(inputs[i]!.shape)}`);
  }
}

function namedRules(
  op: string,
  {attrs}: OpNode,
  ranks: Readonly<Record<string, RankRule>>,
): readonly (NamedRule | undefined)[] {
  return opDef(op)!.inputs.flatMap((arg) =>
    new Array(argLength(arg, attrs)).fill(namedRule(arg.name, ranks)),
  );
}

interface NamedRule {
  readonly name: string;
  readonly rank: RankRule;
}

function namedRule(name: string, ranks: Readonly<Record<string, RankRule>>): NamedRule | undefined {
  const rank = ranks[name];
  return rank && {name, rank};
}
