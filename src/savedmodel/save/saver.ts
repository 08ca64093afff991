/**
 * The functions by which a model that is saved saves and restores itself in a session, and the nodes that call them. They
 * do what `tf.train.Checkpoint` does in Python, for loaders without Python's objects.
 *
 * Source: `tensorflow/python/checkpoint/functional_saver.py`.
 *
 * @module
 */

import {encodeUtf8} from '../../algorithms/utf8.js';
import {attr} from '../../graph/to_proto.js';
import {functionDef, nodeDef, type ParameterInfo, uniqueName} from '../../graph/write_graph.js';
import type {DType} from '../../host/dtypes.js';
import type {HostTensor} from '../../host/tensor.js';
import {
  encodeMessage,
  type FunctionDef,
  makeMessage,
  type NodeDef,
  SaverDef,
  SaverDef_CheckpointFormatVersion,
  TrackableObjectGraph,
} from '../../proto/index.js';
import {boundParameter, type SaveLibrary} from './library.js';
import type {MainGraph} from './main_graph.js';
import type {SaveFunction, SaveNode} from './node.js';
import {type NodeState, OBJECT_GRAPH_KEY} from './values.js';

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
  library.add(save.def);
  library.add(restore.def);
  const graph = main.add({
    name: 'Const',
    op: 'Const',
    device: CPU,
    attrs: {
      dtype: attr.dtype('string'),
      value: attr.tensor({dtype: 'string', shape: [], data: [encodeMessage(TrackableObjectGraph, objects)]}),
    },
  });
  const filename = main.add({
    name: 'saver_filename',
    op: 'Placeholder',
    attrs: {dtype: attr.dtype('string'), shape: attr.shape([])},
  });
  const saved = main.call(save.function, [filename, graph]);
  const restored = main.call(restore.function, [filename]);
  return makeMessage(SaverDef, {
    filenameTensorName: `${filename}:0`,
    saveTensorName: `${saved}:0`,
    restoreOpName: restored,
    version: SaverDef_CheckpointFormatVersion.V2,
  });
}

/** A function made here, and how it is called. */
interface MadeFunction {
  readonly def: FunctionDef;
  readonly function: SaveFunction;
}

/** Nodes and parameters of a function while it is made. */
class FunctionBuilder {
  readonly nodes: NodeDef[] = [];
  readonly inputs: ({name: string; dtype: DType} & ParameterInfo)[];
  readonly bound: SaveNode[] = [];
  readonly #names: Set<string>;
  readonly #parameters = new Map<SaveNode, string>();

  /** @param inputs - names of string parameters, which come first */
  constructor(inputs: readonly string[]) {
    this.inputs = inputs.map((name) => ({name, dtype: 'string', shape: []}));
    this.#names = new Set(inputs);
  }

  /** The parameter that an object is passed by; `dtype` is that of what functions are bound to. */
  parameter(node: SaveNode, dtype: DType): string {
    let name = this.#parameters.get(node);
    if (name === undefined) {
      name = uniqueName('unknown', this.#names);
      this.inputs.push({name, dtype, ...boundParameter(node)});
      this.bound.push(node);
      this.#parameters.set(node, name);
    }
    return name;
  }

  node(parts: Parameters<typeof nodeDef>[0]): string {
    const name = uniqueName(parts.name, this.#names);
    this.nodes.push(nodeDef({...parts, name}));
    return name;
  }

  /** A string constant; an array is a vector. */
  strings(name: string, values: string | readonly string[]): string {
    const tensor: HostTensor =
      typeof values === 'string'
        ? {dtype: 'string', shape: [], data: [encodeUtf8(values)]}
        : {dtype: 'string', shape: [values.length], data: values.map(encodeUtf8)};
    const attrs = {dtype: attr.dtype('string'), value: attr.tensor(tensor)};
    return `${this.node({name, op: 'Const', attrs, device: CPU})}:output:0`;
  }

  /** Calls a function on inputs and what it is bound to. */
  call(fn: SaveFunction, inputs: readonly string[], controls: readonly string[] = []): string {
    const own = fn.parameters.length - fn.bound.length;
    const bound = fn.bound.map((node, i) => this.parameter(node, fn.parameters[own + i]!.dtype));
    return this.node({
      name: 'StatefulPartitionedCall',
      op: 'StatefulPartitionedCall',
      inputs: [...inputs, ...bound, ...controls.map((each) => `^${each}`)],
      attrs: {
        Tin: attr.dtypes(fn.parameters.map(({dtype}) => dtype)),
        Tout: attr.dtypes(fn.results.map(({dtype}) => dtype)),
        f: attr.func(fn.name),
      },
    });
  }

  /** The function, which gives its first parameter once `effects` have happened. */
  finish(name: string, effects: readonly string[]): MadeFunction {
    const identity = this.node({
      name: 'Identity',
      op: 'Identity',
      inputs: ['file_prefix', ...effects.map((each) => `^${each}`)],
      attrs: {T: attr.dtype('string')},
    });
    const outputs = [{name: 'identity', dtype: 'string' as const, source: `${identity}:output:0`}];
    const def = functionDef({
      name,
      inputs: this.inputs,
      outputs,
      nodes: this.nodes,
      controlOutputs: effects,
      stateful: true,
    });
    const none = {kind: undefined};
    return {
      def,
      function: {
        source: {kind: 'built', base: name, build: () => def},
        name,
        parameters: this.inputs.map((each) => ({name: each.name, dtype: each.dtype})),
        results: outputs,
        stateful: true,
        bound: this.bound,
        signature: {inputs: none, outputs: none},
      },
    };
  }
}

/** Writes every tensor to a file beside the checkpoint, and then puts that in its place. */
function saveFunction(name: string, states: readonly NodeState[]): MadeFunction {
  const builder = new FunctionBuilder(['file_prefix', 'savev2_const']);
  const tensors: {key: string; dtype: DType; value: string}[] = [];
  for (const state of states) {
    const values = state.kind === 'variable' ? [readVariable(builder, state)] : callSave(builder, state);
    state.tensors.forEach(({key, dtype}, i) => {
      tensors.push({key, dtype, value: values[i]!});
    });
  }
  const part = builder.strings('Const', '_temp/part');
  const join = builder.node({
    name: 'StringJoin',
    op: 'StringJoin',
    inputs: ['file_prefix', part],
    attrs: {N: attr.int(2)},
    device: CPU,
  });
  const shard = scalarInt(builder, 'ShardedFilename/shard', 0);
  const shards = scalarInt(builder, 'num_shards', 1);
  const filename = `${builder.node({
    name: 'ShardedFilename',
    op: 'ShardedFilename',
    inputs: [`${join}:output:0`, shard, shards],
    device: CPU,
  })}:filename:0`;
  const keys = [...tensors.map(({key}) => key), OBJECT_GRAPH_KEY];
  const written = builder.node({
    name: 'SaveV2',
    op: 'SaveV2',
    inputs: [
      filename,
      builder.strings('SaveV2/tensor_names', keys),
      builder.strings(
        'SaveV2/shape_and_slices',
        keys.map(() => ''),
      ),
      ...tensors.map(({value}) => value),
      'savev2_const',
    ],
    attrs: {dtypes: attr.dtypes([...tensors.map(({dtype}) => dtype), 'string'])},
    device: CPU,
  });
  const prefixes = builder.node({
    name: 'MergeV2Checkpoints/checkpoint_prefixes',
    op: 'Pack',
    inputs: [filename, `^${written}`],
    attrs: {N: attr.int(1), T: attr.dtype('string')},
    device: CPU,
  });
  const merged = builder.node({
    name: 'MergeV2Checkpoints',
    op: 'MergeV2Checkpoints',
    inputs: [`${prefixes}:output:0`, 'file_prefix'],
    device: CPU,
  });
  return builder.finish(name, [merged]);
}

function scalarInt(builder: FunctionBuilder, name: string, value: number): string {
  const tensor: HostTensor = {dtype: 'int32', shape: [], data: Int32Array.of(value)};
  const attrs = {dtype: attr.dtype('int32'), value: attr.tensor(tensor)};
  return `${builder.node({name, op: 'Const', attrs, device: CPU})}:output:0`;
}

function readVariable(builder: FunctionBuilder, {node, tensors}: NodeState): string {
  const attrs = {dtype: attr.dtype(tensors[0]!.dtype)};
  const read = builder.node({
    name: 'Read/ReadVariableOp',
    op: 'ReadVariableOp',
    inputs: [builder.parameter(node, 'resource')],
    attrs,
  });
  return `${read}:value:0`;
}

function callSave(builder: FunctionBuilder, state: Extract<NodeState, {kind: 'functions'}>): string[] {
  const key = state.key === undefined ? [] : [builder.strings('checkpoint_key', state.key)];
  const call = builder.call(state.save, key);
  return state.results.map((result) => `${call}:output:${result}`);
}

/** Reads every tensor, assigns the variables, and gives the others to the functions that take them. */
function restoreFunction(name: string, states: readonly NodeState[]): MadeFunction {
  const builder = new FunctionBuilder(['file_prefix']);
  const tensors = states.flatMap((state) => state.tensors);
  const keys = [...tensors.map(({key}) => key), OBJECT_GRAPH_KEY];
  const read = builder.node({
    name: 'RestoreV2',
    op: 'RestoreV2',
    inputs: [
      'file_prefix',
      builder.strings('RestoreV2/tensor_names', keys),
      builder.strings(
        'RestoreV2/shape_and_slices',
        keys.map(() => ''),
      ),
    ],
    attrs: {dtypes: attr.dtypes([...tensors.map(({dtype}) => dtype), 'string'])},
    device: CPU,
  });
  let next = 0;
  const effects = states.map((state): string => {
    const values = state.tensors.map(() => `${read}:tensors:${next++}`);
    if (state.kind === 'functions') return builder.call(state.restore, values);
    const [{dtype}] = state.tensors as [NodeState['tensors'][number]];
    const identity = builder.node({
      name: 'Identity',
      op: 'Identity',
      inputs: values,
      attrs: {T: attr.dtype(dtype)},
      device: CPU,
    });
    return builder.node({
      name: 'AssignVariableOp',
      op: 'AssignVariableOp',
      inputs: [builder.parameter(state.node, 'resource'), `${identity}:output:0`],
      attrs: {dtype: attr.dtype(dtype)},
      device: CPU,
    });
  });
  return builder.finish(name, effects);
}
