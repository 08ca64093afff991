/**
 * The functions by which a model that is saved saves and restores itself in a session, and the nodes that call them. They
 * do what `tf.train.Checkpoint` does in Python, for loaders without Python's objects.
 *
 * Source: `tensorflow/python/checkpoint/functional_saver.py`.
 *
 * @module
 */

import {type BuiltNode, GraphBuilder, type Operand} from '../../graph/builder.js';
import type {Structure} from '../../graph/nest.js';
import {structureProto} from '../../graph/to_proto.js';
import type {DType} from '../../host/dtypes.js';
import {PackedStrings} from '../../host/strings.js';
import {
  encodeMessage,
  makeMessage,
  SaverDef,
  SaverDef_CheckpointFormatVersion,
  TrackableObjectGraph,
} from '../../proto/index.js';
import {type Call, callFunction} from './function_calls.js';
import type {SaveLibrary} from './function_library.js';
import type {MainGraph} from './main_graph.js';
import {type NodeState, OBJECT_GRAPH_KEY} from './model_checkpoint.js';
import type {SaveFunction, SaveNode} from './save_node.js';

/** Files are read and written where the CPU is. */
const CPU = '/device:CPU:0';

/** Adds the saver to a graph and its library. */
export function addSaver(
  main: MainGraph,
  library: SaveLibrary,
  states: readonly NodeState[],
  objects: TrackableObjectGraph,
): SaverDef {
  const save = saveFunction(library.freshName('__inference__traced_save'), states);
  const restore = restoreFunction(library.freshName('__inference__traced_restore'), states);
  library.add(save);
  library.add(restore);
  const encoded = encodeMessage(TrackableObjectGraph, objects);
  const graph = main.graph.constant(
    {dtype: 'string', shape: [], data: PackedStrings.of([encoded])},
    {device: CPU},
  );
  const filename = main.graph.op('Placeholder', [], {dtype: 'string', shape: []}, {name: 'saver_filename'});
  const saved = main.call(save, [filename, graph]);
  const restored = main.call(restore, [filename]);
  return makeMessage(SaverDef, {
    filenameTensorName: `${filename.node.name}:0`,
    saveTensorName: `${saved.node.name}:0`,
    restoreOpName: restored.node.name,
    version: SaverDef_CheckpointFormatVersion.V2,
  });
}

/** A function while it is made: it takes strings, and what it is bound to. */
class SaverFunction {
  readonly graph = new GraphBuilder();
  readonly #own: Structure[] = [];
  readonly #bound = new Map<SaveNode, Operand>();

  /** A parameter of its own, a string. Its own come before all that it is bound to. */
  parameter(name: string): Operand {
    this.#own.push({kind: 'tensor', name, dtype: 'string', shape: []});
    return this.graph.parameter(name, 'string');
  }

  /** The parameter that an object is passed by; `dtype` is that of what functions are bound to. */
  bound(node: SaveNode, dtype: DType): Operand {
    let parameter = this.#bound.get(node);
    if (parameter === undefined) {
      parameter = this.graph.parameter('unknown', dtype);
      this.#bound.set(node, parameter);
    }
    return parameter;
  }

  /** A string constant; an array is a vector. */
  strings(name: string, values: string | readonly string[]): Operand {
    const shape = typeof values === 'string' ? [] : [values.length];
    const data = PackedStrings.ofTexts([values].flat());
    return this.graph.constant({dtype: 'string', shape, data}, {name, device: CPU});
  }

  /** Calls a function on inputs and what it is bound to. */
  call(fn: SaveFunction, inputs: readonly Operand[]): Call {
    const own = fn.graph.parameters.length - fn.bound.length;
    const bound = fn.bound.map((node, i) => this.bound(node, fn.graph.parameters[own + i]!.dtype));
    return callFunction(this.graph, fn, [...inputs, ...bound]);
  }

  /** The function, which gives `result` once `effects` have happened. */
  finish(name: string, result: Operand, effects: readonly BuiltNode[]): SaveFunction {
    const operand = this.graph.op('Identity', [result], {}, {controls: effects});
    return {
      source: {kind: 'built', base: name, callees: new Map()},
      name,
      graph: this.graph.finish(name, [{name: 'identity', operand}], effects),
      bound: [...this.#bound.keys()],
      signature: {inputs: structureProto({kind: 'tuple', items: this.#own}), outputs: {kind: undefined}},
    };
  }
}

/** Writes every tensor to a file beside the checkpoint, and then puts that in its place. */
function saveFunction(name: string, states: readonly NodeState[]): SaveFunction {
  const made = new SaverFunction();
  const {graph} = made;
  const prefix = made.parameter('file_prefix');
  const objects = made.parameter('savev2_const');
  const values = states.flatMap((state) =>
    state.kind === 'variable' ? [readVariable(made, state)] : callSave(made, state),
  );
  const join = graph.op('StringJoin', [[prefix, made.strings('Const', '_temp/part')]], {}, {device: CPU});
  const shard = graph.scalar('int32', 0, {name: 'ShardedFilename/shard', device: CPU});
  const shards = graph.scalar('int32', 1, {name: 'num_shards', device: CPU});
  const filename = graph.op('ShardedFilename', [join, shard, shards], {}, {device: CPU});
  const {names, slices} = slicesOf(made, 'SaveV2', states);
  const written = graph.statement(
    'SaveV2',
    [filename, names, slices, [...values, objects]],
    {},
    {device: CPU},
  );
  const prefixes = graph.op(
    'Pack',
    [[filename]],
    {},
    {name: 'MergeV2Checkpoints/checkpoint_prefixes', controls: [written], device: CPU},
  );
  const merged = graph.statement('MergeV2Checkpoints', [prefixes, prefix], {}, {device: CPU});
  return made.finish(name, prefix, [merged]);
}

/** What `SaveV2` and `RestoreV2` are told: the names of all tensors, the object graph's at last, and that they are whole. */
function slicesOf(made: SaverFunction, op: string, states: readonly NodeState[]) {
  const keys = [...states.flatMap(({tensors}) => tensors.map(({key}) => key)), OBJECT_GRAPH_KEY];
  return {
    names: made.strings(`${op}/tensor_names`, keys),
    slices: made.strings(
      `${op}/shape_and_slices`,
      keys.map(() => ''),
    ),
  };
}

function readVariable(made: SaverFunction, {node, tensors}: NodeState): Operand {
  const handle = made.bound(node, 'resource');
  return made.graph.op('ReadVariableOp', [handle], {dtype: tensors[0]!.dtype}, {name: 'Read/ReadVariableOp'});
}

function callSave(made: SaverFunction, state: Extract<NodeState, {kind: 'functions'}>): Operand[] {
  const key = state.key === undefined ? [] : [made.strings('checkpoint_key', state.key)];
  const {outputs} = made.call(state.save, key);
  return state.results.map((result) => outputs[result]!);
}

/** Reads every tensor, assigns the variables, and gives the others to the functions that take them. */
function restoreFunction(name: string, states: readonly NodeState[]): SaveFunction {
  const made = new SaverFunction();
  const {graph} = made;
  const prefix = made.parameter('file_prefix');
  const {names, slices} = slicesOf(made, 'RestoreV2', states);
  const dtypes = [...states.flatMap(({tensors}) => tensors.map(({dtype}) => dtype)), 'string'];
  const read = graph.node('RestoreV2', [prefix, names, slices], {dtypes}, {device: CPU});
  // The object graph is read even where nothing else is: that there is one is part of restoring.
  graph.keep(read[0]!.node);
  let next = 0;
  const effects = states.map((state): BuiltNode => {
    const tensors = read.slice(next, (next += state.tensors.length));
    if (state.kind === 'functions') return made.call(state.restore, tensors).node;
    const value = graph.op('Identity', tensors, {}, {device: CPU});
    const handle = made.bound(state.node, 'resource');
    return graph.statement('AssignVariableOp', [handle, value], {}, {device: CPU});
  });
  return made.finish(name, prefix, effects);
}
