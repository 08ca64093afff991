/**
 * Calls of functions in graphs that are made for saving, and what their definitions tell of their parameters.
 *
 * @module
 */

import {type BuiltNode, type GraphBuilder, type Operand, outputsOf} from '../../graph/builder.js';
import {flattenTensors, structureOf} from '../../graph/nest.js';
import {attr} from '../../graph/to_proto.js';
import {isWrittenStateful, type ParameterInfo} from '../../graph/write_graph.js';
import type {PartialShape} from '../../host/shape.js';
import type {SaveFunction, SaveNode} from './save_node.js';

/** A node that calls a function, and what the function gives. */
export interface Call {
  readonly node: BuiltNode;
  readonly outputs: readonly Operand[];
}

/** How a function is called. */
export interface CallOptions {
  /** What the graph calls it; default its name in the library. */
  readonly name?: string;
  /** Nodes that run before it. */
  readonly controls?: readonly BuiltNode[];
  /** Shapes of the results, for loaders that are told them. */
  readonly shapes?: readonly PartialShape[];
}

/** Calls a function on its own inputs, followed by what stands for the objects that it is bound to. */
export function callFunction(
  graph: GraphBuilder,
  fn: SaveFunction,
  inputs: readonly Operand[],
  {name = fn.name, controls = [], shapes}: CallOptions = {},
): Call {
  const {parameters, results} = fn.graph;
  const node = graph.statement(
    isWrittenStateful(fn.graph) ? 'StatefulPartitionedCall' : 'PartitionedCall',
    [inputs],
    {
      // As the function declares them: in a damaged model, what it is bound to may be something else.
      Tin: parameters.map(({dtype}) => dtype),
      Tout: results.map(({dtype}) => dtype),
      f: {func: name},
      ...(shapes === undefined ? {} : {_output_shapes: attr.shapes(shapes)}),
    },
    {controls},
  );
  return {node, outputs: outputsOf(node)};
}

/** What is known of the parameters of a function: the specs of its arguments, and the variables it is bound to. */
export function parametersOf({graph, bound, signature}: SaveFunction): ParameterInfo[] {
  const specs = flattenTensors(structureOf(signature.inputs));
  return graph.parameters.map((_, i): ParameterInfo => {
    const spec = specs[i];
    if (spec !== undefined) return {userName: spec.name || `arg_${i}`, shape: spec.shape};
    return boundParameter(bound[i - specs.length]);
  });
}

/** What is known of a parameter that an object is bound to. */
function boundParameter(node: SaveNode | undefined): ParameterInfo {
  if (node?.kind.case !== 'variable') return {userName: 'unknown'};
  const {variable} = node.kind;
  return {userName: variable.name, handle: {dtype: variable.dtype, shape: variable.shape}};
}
