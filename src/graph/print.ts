/**
 * Graphs as text, for people: one line for each node, with what is known of its outputs.
 *
 * ```
 * function 'f' (x: float32 (None, 3)) -> (y: float32 (None, 3))
 *   Const: float32 (3,) = Const() {value: [1, 2, 3]}
 *   AddV2: float32 (None, 3) = AddV2(x, Const)
 *   return y = AddV2
 * ```
 *
 * @module
 */

import {decodeUtf8} from '../algorithms/utf8.js';
import {formatShape, type PartialShape} from '../host/shape.js';
import {type HostTensor, sizeOf} from '../host/tensor.js';
import type {Attr} from './attrs.js';
import {ARGUMENT_OP, type Endpoint, type FunctionGraph, type Graph, type GraphNode} from './graph.js';
import type {KnownGraph} from './infer.js';
import type {Known} from './known.js';
import {dtypeAt, tensorCount} from './node_types.js';
import {type ArgDef, type OpDef, opDef} from './op_defs.js';

/** Tensors of at most so many elements are shown. */
const SHOWN_ELEMENTS = 8;

/** Strings of more characters are cut. */
const SHOWN_CHARACTERS = 40;

/** Outputs of one node that are shown. */
const SHOWN_OUTPUTS = 16;

/** Text of a graph. @param known - what is known of its tensors, as `inferGraph` finds out */
export function printGraph(graph: Graph, known?: KnownGraph): string {
  const lines = [header(graph, known)];
  for (const [index, node] of graph.nodes.entries()) {
    if (node.op !== ARGUMENT_OP) lines.push(`  ${nodeLine(graph, node, index, known)}`);
  }
  if (isFunction(graph)) {
    for (const {name, source} of graph.results)
      lines.push(`  return ${name} = ${endpointText(graph, source)}`);
    for (const index of graph.controlResults) lines.push(`  return ^${graph.nodes[index]!.name}`);
  }
  return lines.join('\n');
}

const isFunction = (graph: Graph): graph is FunctionGraph => 'parameters' in graph;

function header(graph: Graph, known: KnownGraph | undefined): string {
  if (!isFunction(graph)) return graph.label;
  const parameters = graph.parameters.map((port, node) =>
    tensorText(port.name, known?.of({node, output: 0}) ?? {shape: null, ...port}),
  );
  const results = graph.results.map((port) =>
    tensorText(port.name, known?.of(port.source) ?? {shape: null, ...port}),
  );
  return `${graph.label} (${parameters.join(', ')}) -> (${results.join(', ')})`;
}

function nodeLine(graph: Graph, node: GraphNode, index: number, known: KnownGraph | undefined): string {
  const definition = opDef(node.op);
  const inputs = node.inputs.map((input) => endpointText(graph, input));
  const controls = node.controls.map((control) => `^${graph.nodes[control]!.name}`);
  const attrs = definition === undefined ? [] : attrTexts(node, definition);
  const call = `${node.op}(${[...inputs, ...controls].join(', ')})${attrs.length > 0 ? ` {${attrs.join(', ')}}` : ''}`;
  return `${outputTexts(node, index, definition, known)} = ${call}`;
}

/** The node's name with what is known of its outputs: one after the other, where there are several. */
function outputTexts(
  {name, attrs}: GraphNode,
  index: number,
  definition: OpDef | undefined,
  known: KnownGraph | undefined,
): string {
  const outputs = definition?.outputs ?? [];
  const count = definition === undefined ? 1 : tensorCount(outputs, attrs);
  const texts = Array.from({length: Math.min(count, SHOWN_OUTPUTS)}, (_, output) => {
    const found = known?.of({node: index, output});
    return found === undefined ? (dtypeAt(outputs, attrs, output) ?? '?') : typeText(found);
  });
  if (count > SHOWN_OUTPUTS) texts.push('...');
  return texts.length === 0 ? name : `${name}: ${texts.join(', ')}`;
}

function endpointText(graph: Graph, {node, output}: Endpoint): string {
  const {name} = graph.nodes[node]!;
  return output === 0 ? name : `${name}:${output}`;
}

function tensorText(name: string, known: Known): string {
  return `${name}: ${typeText(known)}`;
}

/** `float32 (None, 3)`, and of a handle what it leads to. */
function typeText({dtype, shape, handle}: Known): string {
  return handle === undefined
    ? `${dtype} ${formatShape(shape)}`
    : `${dtype} of ${handle.dtype} ${formatShape(handle.shape)}`;
}

/** How a call is executed says nothing of what it computes. */
const HINTS: ReadonlySet<string> = new Set(['config', 'config_proto', 'executor_type']);

/** Attributes that say more than the tensors and the defaults do. */
function attrTexts({attrs}: GraphNode, {inputs, outputs, attrs: defs}: OpDef): string[] {
  const implied = new Set([...inputs, ...outputs].flatMap(impliedAttrs));
  return defs.flatMap(({name, default: fallback}) => {
    const attr = implied.has(name) || HINTS.has(name) ? undefined : attrs.raw(name);
    if (attr === undefined) return [];
    const text = attrText(attr);
    return fallback !== undefined && attrText(fallback) === text ? [] : [`${name}: ${text}`];
  });
}

/** Attributes that only say how many tensors of which dtypes an argument is. */
function impliedAttrs(arg: ArgDef): string[] {
  if (arg.kind === 'list') return [arg.typeListAttr];
  const type = 'typeAttr' in arg.type ? [arg.type.typeAttr] : [];
  return arg.kind === 'repeated' ? [...type, arg.numberAttr] : type;
}

function attrText(attr: Attr): string {
  switch (attr.type) {
    case 'string':
      return quoted(attr.value);
    case 'shape':
      return formatShape(attr.value);
    case 'tensor':
      return hostTensorText(attr.value);
    case 'func':
      return attr.value.name;
    case 'placeholder':
      return `$${attr.value}`;
    case 'list':
      return `[${attr.value.map(attrText).join(', ')}]`;
    default:
      return String(attr.value);
  }
}

function hostTensorText({dtype, shape, data}: HostTensor): string {
  if (sizeOf(shape) > SHOWN_ELEMENTS) return `${dtype} ${formatShape(shape as PartialShape)}`;
  const elements = Array.from(data as ArrayLike<unknown>, (each) =>
    each instanceof Uint8Array ? quoted(each) : String(each),
  );
  return shape.length === 0 ? elements.join() : `[${elements.join(', ')}]`;
}

function quoted(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text);
}
