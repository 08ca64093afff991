/**
 * The main graph of a model that is saved: variables, constants, assets and tables as nodes, and calls of the functions
 * that signatures, initialisers and savers are. What loads it by session (TensorFlow 1, TensorFlow Serving) runs this graph;
 * Python's TensorFlow 2 takes only the constants from it.
 *
 * Source: `tensorflow/python/saved_model/save.py` (`_fill_meta_graph_def`).
 *
 * @module
 */

import {SaveError} from '../../errors.js';
import {type BuiltNode, GraphBuilder, type Operand} from '../../graph/builder.js';
import {uniqueName} from '../../graph/names.js';
import {flattenTensors, type TensorStructure} from '../../graph/nest.js';
import {attr, dataType, encodedTensor, shapeProto} from '../../graph/to_proto.js';
import type {DType} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {
  AssetFileDef,
  makeMessage,
  SignatureDef,
  TensorInfo,
  type TensorProto,
  type TypeSpecProto,
  TypeSpecProto_TypeSpecClass,
} from '../../proto/index.js';
import {type Call, type CallOptions, callFunction} from './function_calls.js';
import {type AssetFile, functionOf, type NodeKind, type SaveFunction, type SaveNode} from './save_node.js';
import type {SignatureOutput, SignatureToSave} from './signature_io.js';

/** An asset as a variable that the initialiser fills with its path. */
interface AssetVariable {
  readonly handle: Operand;
  readonly assign: BuiltNode;
}

/** The main graph while it is made. */
export class MainGraph {
  readonly graph = new GraphBuilder();
  readonly assetDefs: AssetFileDef[] = [];
  readonly assetFiles: AssetFile[] = [];
  /** What stands for an object. */
  readonly #values = new Map<SaveNode, Operand>();
  readonly #assets = new Map<SaveNode, AssetVariable>();
  readonly #assetIndex = new Map<SaveNode, number>();
  /** Objects whose nodes are being made. */
  readonly #making = new Set<SaveNode>();

  /** Makes the nodes of everything that has one, needed or not: names of variables are what sessions know them by. */
  constructor(nodes: readonly SaveNode[]) {
    const indexOf = ({kind}: SaveNode) => (kind.case === 'asset' ? kind.index : -1);
    const assets = nodes.filter(({kind}) => kind.case === 'asset');
    for (const node of assets.sort((a, b) => indexOf(a) - indexOf(b))) this.#asset(node);
    for (const node of nodes) {
      if (node.kind.case === 'variable' || node.kind.case === 'constant') this.#value(node);
    }
  }

  /** What the node is called that stands for a variable or a constant. */
  nameOf(node: SaveNode): string {
    return this.#values.get(node)!.node.name;
  }

  /** Number of an asset among the files. */
  assetIndex(node: SaveNode): number {
    return this.#assetIndex.get(node)!;
  }

  /** Calls a function on the tensors given and all that it is bound to. */
  call(fn: SaveFunction, inputs: readonly Operand[], options: CallOptions = {}): Call {
    const bound = fn.bound.map((node) => this.#value(node));
    return callFunction(this.graph, fn, [...inputs, ...bound], options);
  }

  /** The placeholders and the call of a signature. */
  signature({name, function: fn, inputs, outputs, methodName, defaults}: SignatureToSave): SignatureDef {
    const placeholders = inputs.map((input) => {
      return this.#placeholder(placeholderName(name, input.name), input, defaults.get(input.name));
    });
    const shapes = outputs.flatMap(({structure}) => flattenTensors(structure).map(({shape}) => shape));
    const call = this.call(fn, placeholders, {shapes});
    let next = 0;
    return makeMessage(SignatureDef, {
      inputs: new Map(
        inputs.map(({name: key, dtype, shape}, i) => [
          key,
          tensorInfo(tensorName(placeholders[i]!), dtype, shape),
        ]),
      ),
      outputs: new Map(
        outputs.map((output) => {
          const names = flattenTensors(output.structure).map(() => `${call.node.name}:${next++}`);
          return [output.name, outputInfo(output, names)];
        }),
      ),
      methodName,
      defaults: new Map(defaults),
    });
  }

  /** What a signature is fed by; it need not be where there is a value to take instead. */
  #placeholder(name: string, {dtype, shape}: TensorStructure, preset: TensorProto | undefined): Operand {
    if (preset === undefined) return this.graph.op('Placeholder', [], {dtype, shape}, {name});
    const value = this.graph.op('Const', [], {dtype, value: encodedTensor(preset)}, {name: `${name}/input`});
    return this.graph.op('PlaceholderWithDefault', [value], {shape}, {name});
  }

  /** The op that fills tables, and tells where the assets are. Returns its name. */
  initializer(nodes: readonly SaveNode[]): string {
    const calls: BuiltNode[] = [];
    for (const node of nodes) {
      const initialize = initializerOf(node);
      if (initialize === undefined) continue;
      const assets = initialize.bound.flatMap((each) => this.#assets.get(each)?.assign ?? []);
      calls.push(this.#initialize(initialize, assets));
    }
    const assigned = [...this.#assets.values()].map(({assign}) => assign);
    return this.graph.statement('NoOp', [], {}, {controls: [...calls, ...assigned]}).name;
  }

  /** An initialiser reads the paths of its assets after they were set. */
  #initialize(fn: SaveFunction, assets: readonly BuiltNode[]): BuiltNode {
    const before = this.#controls;
    this.#controls = assets;
    try {
      return this.call(fn, [], {controls: assets}).node;
    } finally {
      this.#controls = before;
    }
  }

  /** What reads of assets wait for. */
  #controls: readonly BuiltNode[] = [];

  /** The tensor that stands for an object where a function is bound to it. */
  #value(node: SaveNode): Operand {
    const asset = this.#assets.get(node);
    if (asset !== undefined) {
      return this.graph.op('ReadVariableOp', [asset.handle], {dtype: 'string'}, {controls: this.#controls});
    }
    let value = this.#values.get(node);
    if (value === undefined) {
      if (this.#making.has(node))
        throw new SaveError(`the object '${node.label}' is needed to create itself`);
      this.#making.add(node);
      value = this.#make(node);
      this.#making.delete(node);
      this.#values.set(node, value);
    }
    return value;
  }

  #make(node: SaveNode): Operand {
    const {kind} = node;
    if (kind.case === 'variable') return this.#variable(node, kind);
    if (kind.case === 'constant') {
      return this.graph.op('Const', [], {dtype: kind.dtype, value: kind.value});
    }
    const create = functionOf(node.child('_create_resource'));
    const handle = create && this.call(create, []).outputs[0];
    if (handle === undefined) {
      throw new SaveError(
        `functions use the object '${node.label}' as a resource, and nothing says how to create it`,
      );
    }
    return handle;
  }

  /** A handle whose shared name is its own, and a read, as TensorFlow writes them. */
  #variable({path}: SaveNode, {variable, proto}: Extract<NodeKind, {case: 'variable'}>): Operand {
    const {dtype, shape} = variable;
    const handle = this.graph.op(
      'VarHandleOp',
      [],
      (name) => ({dtype, shape, shared_name: name, _output_shapes: attr.shapes([[]])}),
      {name: nodeName(proto.name || path.join('/') || 'Variable')},
    );
    this.graph.op(
      'ReadVariableOp',
      [handle],
      {dtype, _output_shapes: attr.shapes([shape])},
      {name: `${handle.node.name}/Read/ReadVariableOp`},
    );
    return handle;
  }

  #asset(node: SaveNode): void {
    const {asset} = node.kind as Extract<SaveNode['kind'], {case: 'asset'}>;
    const {graph} = this;
    const path = graph.op('Placeholder', [], {dtype: 'string', shape: []}, {name: 'asset_path_initializer'});
    const handle = graph.op('VarHandleOp', [], (name) => ({dtype: 'string', shape: [], shared_name: name}), {
      name: 'Variable',
    });
    const assign = graph.statement(
      'AssignVariableOp',
      [handle, path],
      {},
      {name: `${handle.node.name}/Assign`},
    );
    this.#assets.set(node, {handle, assign});
    this.#assetIndex.set(node, this.assetDefs.length);
    const filename = this.#assetFile(asset);
    this.assetDefs.push(
      makeMessage(AssetFileDef, {
        filename,
        tensorInfo: makeMessage(TensorInfo, {encoding: {$case: 'name', value: tensorName(path)}}),
      }),
    );
  }

  /** Assets of several models may have one name and be different files. */
  #assetFile(asset: AssetFile): string {
    const same = this.assetFiles.find(
      ({filename, content}) => filename === asset.filename && sameBytes(content, asset.content),
    );
    if (same !== undefined) return same.filename;
    const taken = new Set(this.assetFiles.map(({filename}) => filename));
    const filename = uniqueName(asset.filename, taken);
    this.assetFiles.push({filename, content: asset.content});
    return filename;
  }
}

/** The function by which an object fills itself after it was created. */
function initializerOf(node: SaveNode): SaveFunction | undefined {
  if (node.kind.case === 'function' || node.child('_create_resource') === undefined) return undefined;
  return functionOf(node.child('_initialize'));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A name that a node may have. */
function nodeName(name: string): string {
  const plain = name.replace(/:\d+$/, '').replace(/[^A-Za-z0-9_.\\/>-]/g, '_');
  return /^[A-Za-z0-9.]/.test(plain) ? plain : `variable${plain}`;
}

function placeholderName(signature: string, input: string): string {
  return nodeName(`${signature}_${input}`.replace(/^[^A-Za-z0-9.]*/, '').replace(/[^A-Za-z0-9_.-]/g, '_'));
}

/** What sessions call a tensor. */
function tensorName({node, output}: Operand): string {
  return `${node.name}:${output}`;
}

function tensorInfo(name: string, dtype: DType, shape: PartialShape): TensorInfo {
  return makeMessage(TensorInfo, {
    encoding: {$case: 'name', value: name},
    dtype: dataType(dtype),
    tensorShape: shapeProto(shape),
  });
}

/** A sparse tensor has fields of its own, other composites name their class. */
function outputInfo({structure, proto}: SignatureOutput, names: readonly string[]): TensorInfo {
  if (structure.kind === 'tensor') return tensorInfo(names[0]!, structure.dtype, structure.shape);
  if (structure.kind !== 'composite' || proto.kind?.$case !== 'typeSpecValue') {
    throw new SaveError(`an output of a signature is a ${structure.kind}`);
  }
  const typeSpec: TypeSpecProto = proto.kind.value;
  const head = {
    dtype: dataType(structure.dtype ?? 'variant'),
    tensorShape: shapeProto(structure.shape ?? null),
  };
  if (typeSpec.typeSpecClass === TypeSpecProto_TypeSpecClass.SPARSE_TENSOR_SPEC) {
    const [indicesTensorName, valuesTensorName, denseShapeTensorName] = names as [string, string, string];
    const value = {indicesTensorName, valuesTensorName, denseShapeTensorName};
    return makeMessage(TensorInfo, {...head, encoding: {$case: 'cooSparse', value}});
  }
  const components = structure.components.map(({dtype, shape}, i) => tensorInfo(names[i]!, dtype, shape));
  return makeMessage(TensorInfo, {
    ...head,
    encoding: {$case: 'compositeTensor', value: {typeSpec, components}},
  });
}
