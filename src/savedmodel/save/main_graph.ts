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
import type {Attr} from '../../graph/attrs.js';
import {flattenTensors} from '../../graph/nest.js';
import {attr, dataType, shapeProto} from '../../graph/to_proto.js';
import {type NodeParts, nodeDef, uniqueName} from '../../graph/write_graph.js';
import type {DType} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {
  AssetFileDef,
  AttrValue,
  encodeMessage,
  makeMessage,
  type NodeDef,
  SignatureDef,
  TensorInfo,
  type TypeSpecProto,
  TypeSpecProto_TypeSpecClass,
} from '../../proto/index.js';
import type {AssetFile, SaveFunction, SaveNode} from './node.js';
import type {SignatureOutput, SignatureToSave} from './signatures.js';

/** An asset as a variable that the initialiser fills with its path. */
interface AssetVariable {
  readonly handle: string;
  readonly assign: string;
}

/** The nodes of the main graph while they are made. */
export class MainGraph {
  readonly nodes: NodeDef[] = [];
  readonly assetDefs: AssetFileDef[] = [];
  readonly assetFiles: AssetFile[] = [];
  readonly #names = new Set<string>();
  /** The node that stands for an object. */
  readonly #values = new Map<SaveNode, string>();
  readonly #assets = new Map<SaveNode, AssetVariable>();
  readonly #assetIndex = new Map<SaveNode, number>();
  /** Objects whose nodes are being made. */
  readonly #making = new Set<SaveNode>();
  /** Names of constants, by object. */
  readonly constants = new Map<SaveNode, string>();

  /** Makes the nodes of everything that has one, needed or not: names of variables are what sessions know them by. */
  constructor(nodes: readonly SaveNode[]) {
    const indexOf = ({kind}: SaveNode) => (kind.case === 'asset' ? kind.index : -1);
    const assets = nodes.filter(({kind}) => kind.case === 'asset');
    for (const node of assets.sort((a, b) => indexOf(a) - indexOf(b))) this.#asset(node);
    for (const node of nodes) {
      if (node.kind.case === 'variable' || node.kind.case === 'constant') this.#value(node);
    }
  }

  /** Adds a node under its name, or the name with a number; returns the name. */
  add(parts: NodeParts): string {
    const name = uniqueName(parts.name, this.#names);
    this.nodes.push(nodeDef({...parts, name}));
    return name;
  }

  /** What a variable is called. */
  variableName(node: SaveNode): string {
    return this.#values.get(node)!;
  }

  /** Number of an asset among the files. */
  assetIndex(node: SaveNode): number {
    return this.#assetIndex.get(node)!;
  }

  /** Calls a function on the tensors given and all that it is bound to; returns the name of the call. */
  call(
    fn: SaveFunction,
    inputs: readonly string[],
    {controls = [], shapes}: {controls?: readonly string[]; shapes?: readonly PartialShape[]} = {},
  ): string {
    const bound = fn.bound.map((node) => this.#value(node));
    const op = fn.stateful ? 'StatefulPartitionedCall' : 'PartitionedCall';
    return this.add({
      name: op,
      op,
      inputs: [...inputs, ...bound, ...controls.map((name) => `^${name}`)],
      attrs: {
        Tin: attr.dtypes(fn.parameters.map(({dtype}) => dtype)),
        Tout: attr.dtypes(fn.results.map(({dtype}) => dtype)),
        f: attr.func(fn.name),
        ...(shapes === undefined ? {} : {_output_shapes: attr.shapes(shapes)}),
      },
    });
  }

  /** The placeholders and the call of a signature. */
  signature({name, function: fn, inputs, outputs, methodName, defaults}: SignatureToSave): SignatureDef {
    const placeholders = inputs.map((input) => {
      const label = placeholderName(name, input.name);
      const preset = defaults.get(input.name);
      const shape: Record<string, Attr> = {shape: attr.shape(input.shape)};
      if (preset === undefined) {
        return this.add({
          name: label,
          op: 'Placeholder',
          attrs: {dtype: attr.dtype(input.dtype), ...(input.shape === null ? {} : shape)},
        });
      }
      const value = this.add({
        name: `${label}/input`,
        op: 'Const',
        attrs: {dtype: attr.dtype(input.dtype)},
        encodedAttrs: {
          value: encodeMessage(AttrValue, {value: {$case: 'tensor', value: preset}}),
        },
      });
      return this.add({
        name: label,
        op: 'PlaceholderWithDefault',
        inputs: [value],
        attrs: {dtype: attr.dtype(input.dtype), ...shape},
      });
    });
    const shapes = outputs.flatMap(({structure}) => flattenTensors(structure).map(({shape}) => shape));
    const call = this.call(fn, placeholders, {shapes});
    let next = 0;
    return makeMessage(SignatureDef, {
      inputs: new Map(
        inputs.map(({name: key, dtype, shape}, i) => [key, tensorInfo(`${placeholders[i]}:0`, dtype, shape)]),
      ),
      outputs: new Map(
        outputs.map((output) => {
          const names = flattenTensors(output.structure).map(() => `${call}:${next++}`);
          return [output.name, outputInfo(output, names)];
        }),
      ),
      methodName,
      defaults: new Map(defaults),
    });
  }

  /** The op that fills tables, and tells where the assets are. Returns its name. */
  initializer(nodes: readonly SaveNode[]): string {
    const calls: string[] = [];
    for (const node of nodes) {
      const initialize = initializerOf(node);
      if (initialize === undefined) continue;
      const assets = initialize.bound.flatMap((each) => this.#assets.get(each)?.assign ?? []);
      calls.push(this.#initialize(initialize, assets));
    }
    const assigned = [...this.#assets.values()].map(({assign}) => assign);
    return this.add({
      name: 'NoOp',
      op: 'NoOp',
      inputs: [...calls, ...assigned].map((each) => `^${each}`),
    });
  }

  /** An initialiser reads the paths of its assets after they were set. */
  #initialize(fn: SaveFunction, assets: readonly string[]): string {
    const before = this.#controls;
    this.#controls = assets;
    try {
      return this.call(fn, [], {controls: assets});
    } finally {
      this.#controls = before;
    }
  }

  /** What reads of assets wait for. */
  #controls: readonly string[] = [];

  /** The tensor that stands for an object where a function is bound to it. */
  #value(node: SaveNode): string {
    const asset = this.#assets.get(node);
    if (asset !== undefined) {
      return this.add({
        name: 'ReadVariableOp',
        op: 'ReadVariableOp',
        inputs: [asset.handle, ...this.#controls.map((each) => `^${each}`)],
        attrs: {dtype: attr.dtype('string')},
      });
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

  #make(node: SaveNode): string {
    const {kind} = node;
    if (kind.case === 'variable') return this.#variable(node);
    if (kind.case === 'constant') {
      const name = this.add({name: 'Const', op: 'Const', encodedAttrs: {...kind.value}});
      this.constants.set(node, name);
      return name;
    }
    const create = functionOf(node.child('_create_resource'));
    if (create === undefined) {
      throw new SaveError(
        `functions use the object '${node.label}' as a resource, and nothing says how to create it`,
      );
    }
    return this.call(create, []);
  }

  /** A handle whose shared name is its own, and a read, as TensorFlow writes them. */
  #variable(node: SaveNode): string {
    const {variable, proto} = node.kind as Extract<SaveNode['kind'], {case: 'variable'}>;
    const name = uniqueName(nodeName(proto.name || node.path.join('/') || 'Variable'), this.#names);
    this.nodes.push(
      nodeDef({
        name,
        op: 'VarHandleOp',
        attrs: {
          dtype: attr.dtype(variable.dtype),
          shape: attr.shape(variable.shape),
          shared_name: attr.string(name),
          _output_shapes: attr.shapes([[]]),
        },
      }),
    );
    this.add({
      name: `${name}/Read/ReadVariableOp`,
      op: 'ReadVariableOp',
      inputs: [name],
      attrs: {dtype: attr.dtype(variable.dtype), _output_shapes: attr.shapes([variable.shape])},
    });
    return name;
  }

  #asset(node: SaveNode): void {
    const {asset} = node.kind as Extract<SaveNode['kind'], {case: 'asset'}>;
    const path = this.add({
      name: 'asset_path_initializer',
      op: 'Placeholder',
      attrs: {dtype: attr.dtype('string'), shape: attr.shape([])},
    });
    const handle = uniqueName('Variable', this.#names);
    this.nodes.push(
      nodeDef({
        name: handle,
        op: 'VarHandleOp',
        attrs: {dtype: attr.dtype('string'), shape: attr.shape([]), shared_name: attr.string(handle)},
      }),
    );
    const assign = this.add({
      name: `${handle}/Assign`,
      op: 'AssignVariableOp',
      inputs: [handle, path],
      attrs: {dtype: attr.dtype('string')},
    });
    this.#assets.set(node, {handle, assign});
    this.#assetIndex.set(node, this.assetDefs.length);
    const filename = this.#assetFile(asset);
    this.assetDefs.push(
      makeMessage(AssetFileDef, {
        filename,
        tensorInfo: makeMessage(TensorInfo, {encoding: {$case: 'name', value: `${path}:0`}}),
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

/** A function node's first trace. */
export function functionOf(node: SaveNode | undefined): SaveFunction | undefined {
  if (node?.kind.case === 'concrete') return node.kind.function;
  return node?.kind.case === 'function' ? node.kind.traces[0] : undefined;
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
