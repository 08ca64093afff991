/**
 * Functions that were traced here in what is saved: as objects, with their traces and all that these are bound to.
 *
 * @module
 */

import {SaveError} from '../../errors.js';
import {flattenTensors, type Structure} from '../../graph/nest.js';
import {structureProto} from '../../graph/to_proto.js';
import type {HostTensor} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import {FunctionSpec, makeMessage} from '../../proto/index.js';
import type {Value} from '../../tensors/value.js';
import type {TracedCallable} from '../../trace/func.js';
import type {Capture, TracedFunction} from '../../trace/traced_function.js';
import {originOf} from '../load/object_graph.js';
import {argumentSpecProto, bareArgumentSpec, inputSignatureProto} from './argument_spec.js';
import {type SaveFunction, SaveNode} from './save_node.js';
import {ownerOf} from './trackable.js';

/** What is saved of functions that were traced, found as it is asked for. */
export class TracedFunctions {
  readonly #byTrace = new Map<TracedFunction, SaveFunction>();
  readonly #constants = new Map<object, SaveNode>();
  readonly #functions: SaveFunction[];
  readonly #nodeOf: (object: object) => SaveNode;

  /**
   * @param functions - gets every function that is found
   * @param nodeOf - gives the node of an object, also of a trace
   */
  constructor(functions: SaveFunction[], nodeOf: (object: object) => SaveNode) {
    this.#functions = functions;
    this.#nodeOf = nodeOf;
  }

  /** A trace as a function of the library. */
  function(traced: TracedFunction): SaveFunction {
    let found = this.#byTrace.get(traced);
    if (found === undefined) {
      const {graph, inputs, outputs} = traced;
      found = {
        source: {kind: 'traced', traced},
        name: '',
        graph,
        bound: traced.captures.map((capture) => this.#captured(capture, traced)),
        signature: {inputs: structureProto(inputs), outputs: structureProto(namedResults(outputs))},
      };
      this.#byTrace.set(traced, found);
      this.#functions.push(found);
    }
    return found;
  }

  /** A new node for a function with all its traces. */
  callableNode(callable: TracedCallable): SaveNode {
    const traces = callable.traces();
    const spec = makeMessage(FunctionSpec, {
      fullargspec: argumentSpecProto(callable.argumentSpec),
      inputSignature: inputSignatureProto(callable, traces),
    });
    return new SaveNode(
      {
        case: 'function',
        traces: traces.map((each) => this.function(each)),
        spec,
        declared: callable.inputSignature !== undefined,
      },
      (node) => {
        node.children = traces.map((each, i) => [`trace_${i}`, this.#nodeOf(each)]);
        node.dependencies = node.children;
      },
    );
  }

  /** A new node for a trace by itself. */
  traceNode(traced: TracedFunction): SaveNode {
    const made = this.function(traced);
    const own = made.graph.parameters.length - made.bound.length;
    const keywords = flattenTensors(traced.inputs).map(({name}, i) => name || `arg_${i}`);
    const [positional] = traced.inputs.kind === 'tuple' ? traced.inputs.items : [];
    return new SaveNode(
      {
        case: 'concrete',
        function: made,
        keywords: keywords.slice(0, own),
        positional: positional === undefined ? 0 : flattenTensors(positional).length,
        spec: makeMessage(FunctionSpec, {
          fullargspec: argumentSpecProto(bareArgumentSpec(traced.inputs)),
          inputSignature: structureProto({kind: 'none'}),
        }),
      },
      (node) => {
        // Constants are tracked by the functions that use them.
        node.children = made.bound.flatMap((each, i) =>
          each.kind.case === 'constant' || each.kind.case === 'asset'
            ? [[`capture_${i}`, each] as const]
            : [],
        );
      },
    );
  }

  #captured(capture: Capture, {name}: TracedFunction): SaveNode {
    if (capture.kind === 'variable') return this.#nodeOf(capture.variable);
    if (capture.kind === 'constant') return this.#constant(capture.value, capture.value);
    return this.#value(capture.value, name);
  }

  /** What a function is bound to by its value: a table of a loaded model, a variable's handle, a constant. */
  #value(value: Value, name: string): SaveNode {
    if (originOf(value) !== undefined) return this.#nodeOf(value);
    if (value.dtype === 'resource') {
      const [object] = value.hostData() as readonly object[];
      if (object instanceof Variable) return this.#nodeOf(object);
      const owner = object && ownerOf(object);
      if (owner !== undefined) return this.#nodeOf(owner);
      throw new SaveError(
        `function '${name}' uses a resource that belongs to neither a loaded model nor an object that is saved`,
      );
    }
    const {dtype, shape} = value;
    return this.#constant(value, {dtype, shape, data: value.hostData()});
  }

  #constant(key: object, tensor: HostTensor): SaveNode {
    let node = this.#constants.get(key);
    if (node === undefined) {
      node = new SaveNode({case: 'constant', dtype: tensor.dtype, value: {type: 'tensor', value: tensor}});
      node.verbatim = {registeredName: 'tf.TrackableConstant'};
      this.#constants.set(key, node);
    }
    return node;
  }
}

/** True for a trace that stands by itself. */
export function isTracedFunction(value: object): value is TracedFunction {
  return 'graph' in value && 'captures' in value && 'callees' in value;
}

/** Results without a name have TensorFlow's. */
function namedResults(structure: Structure): Structure {
  switch (structure.kind) {
    case 'tensor':
      return structure.name === '' ? {...structure, name: 'unknown'} : structure;
    case 'list':
    case 'tuple':
      return {...structure, items: structure.items.map(namedResults)};
    case 'dict':
    case 'namedTuple':
      return {
        ...structure,
        fields: new Map([...structure.fields].map(([key, each]) => [key, namedResults(each)])),
      };
    default:
      return structure;
  }
}
