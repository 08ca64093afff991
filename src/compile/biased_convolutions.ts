/**
 * Convolutions that are given the bias which is added to what they give. ONNX Runtime does that by itself where the bias follows the
 * convolution; here the order of axes is changed in between.
 *
 * @module
 */

import {namesRead, type OnnxNode} from '../onnx/graph.js';

/** What is known of the tensors that nodes read and give. */
export interface TensorShapes {
  /** The shape of a tensor, as far as it is known; undefined where nothing is. */
  shapeOf(name: string): readonly (number | null)[] | null | undefined;
  /** True for constants and variables, which are there before any node has run. */
  isGiven(name: string): boolean;
}

/**
 * The nodes, with biases in the convolutions.
 *
 * @param results - tensors that somebody reads beside the nodes
 */
export function withBiases(
  nodes: readonly OnnxNode[],
  results: ReadonlySet<string>,
  tensors: TensorShapes,
): OnnxNode[] {
  const readers = soleReaders(nodes, results);
  const replaced = new Map<OnnxNode, OnnxNode | undefined>();
  for (const convolution of nodes) {
    if (convolution.op !== 'Conv' || convolution.inputs.length !== 2) continue;
    const turned = readers.get(convolution.outputs[0]!);
    const sum = turned?.op === 'Transpose' ? readers.get(turned.outputs[0]!) : undefined;
    if (turned === undefined || sum?.op !== 'Add') continue;
    const [y] = turned.outputs as [string];
    const bias = sum.inputs.find((name) => name !== y);
    if (bias === undefined || !isBias(bias, y, turned, tensors)) continue;
    replaced.set(convolution, {...convolution, inputs: [...convolution.inputs, bias]});
    replaced.set(turned, {...turned, outputs: sum.outputs});
    replaced.set(sum, undefined);
  }
  if (replaced.size === 0) return [...nodes];
  return nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
}

/** Whether a tensor is a vector with an element for each channel, which are the last axis of `y` and the second one before. */
function isBias(name: string, y: string, {attrs}: OnnxNode, tensors: TensorShapes): boolean {
  const [shape, channels] = [tensors.shapeOf(name), tensors.shapeOf(y)?.at(-1)];
  return (
    tensors.isGiven(name) &&
    shape?.length === 1 &&
    shape[0] != null &&
    shape[0] === channels &&
    (attrs.perm as readonly number[] | undefined)?.at(-1) === 1
  );
}

/** By tensor, the node that reads it, where nobody else does. */
function soleReaders(
  nodes: readonly OnnxNode[],
  results: ReadonlySet<string>,
): ReadonlyMap<string, OnnxNode> {
  const readers = new Map<string, OnnxNode>();
  const shared = new Set(results);
  for (const node of nodes) {
    for (const name of namesRead(node)) {
      if (readers.has(name)) shared.add(name);
      readers.set(name, node);
    }
  }
  for (const name of shared) readers.delete(name);
  return readers;
}
