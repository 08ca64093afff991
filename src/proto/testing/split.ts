/**
 * Splits SavedModels as TensorFlow's proto_splitter does (`cc/saved_model_splitter.cc` and the splitters it uses), at any
 * size, for tests: TensorFlow itself splits nothing below 2 GiB, and its published releases leave the option out.
 *
 * @module
 */

import {
  AttrValue,
  type ChunkedField,
  ChunkedMessage,
  ChunkInfo_Type,
  ChunkMetadata,
  decodeMessage,
  encodeMessage,
  type FieldIndex,
  FunctionDef,
  FunctionDefLibrary,
  GraphDef,
  NodeDef,
  SavedModel,
} from '../index.js';
import {type RiegeliOptions, writeRiegeli} from './write_riegeli.js';

type PathStep = number | {readonly index: number} | {readonly key: string};

interface Chunk {
  readonly type: ChunkInfo_Type;
  readonly bytes: () => Uint8Array;
  readonly path: readonly PathStep[];
}

// Field numbers of saved_model.proto, meta_graph.proto, graph.proto, function.proto, node_def.proto, ...
const META_GRAPHS = 2;
const GRAPH_DEF = 2;
const GRAPH_NODE = 1;
const GRAPH_LIBRARY = 2;
const LIBRARY_FUNCTION = 1;
const FUNCTION_NODE = 3;
const TENSOR_CONTENT: readonly PathStep[] = [5, {key: 'value'}, 8, 4];

/** The content of a `saved_model.cpb` for a SavedModel, cut so that no chunk is much larger than `maxSize`. */
export function splitSavedModel(bytes: Uint8Array, maxSize: number, options?: RiegeliOptions): Uint8Array {
  return writeChunks(splitIntoChunks(bytes, maxSize), options);
}

/** The same, with the tree that says where the chunks belong at the mercy of `damage`. */
export function splitWithDamage(
  bytes: Uint8Array,
  maxSize: number,
  damage: (metadata: ChunkMetadata) => void,
): Uint8Array {
  return writeChunks(splitIntoChunks(bytes, maxSize), {}, damage);
}

/** The bytes of a SavedModel as this library writes it: TensorFlow leaves the order of a map's entries open. */
export function normalized(bytes: Uint8Array): Uint8Array {
  const model = decodeMessage(SavedModel, bytes, 'model');
  for (const {graphDef} of model.metaGraphs) {
    const library = graphDef?.library;
    if (library === undefined) continue;
    library.function = library.function.map((fn) =>
      encodeMessage(FunctionDef, decodeMessage(FunctionDef, fn, 'function')),
    );
  }
  return encodeMessage(SavedModel, model);
}

function splitIntoChunks(bytes: Uint8Array, maxSize: number): Chunk[] {
  const model = decodeMessage(SavedModel, bytes, 'model');
  const graph = model.metaGraphs[0]!.graphDef!;
  const toGraph: PathStep[] = [META_GRAPHS, {index: 0}, GRAPH_DEF];
  const toLibrary = [...toGraph, GRAPH_LIBRARY];
  const chunks: Chunk[] = [
    {type: ChunkInfo_Type.MESSAGE, bytes: () => encodeMessage(SavedModel, model), path: []},
  ];
  const message = (path: readonly PathStep[], encoded: () => Uint8Array) => {
    chunks.push({type: ChunkInfo_Type.MESSAGE, bytes: encoded, path});
  };
  const empty = <T>(type: {decode(input: Uint8Array): T}) => type.decode(new Uint8Array(0));

  /** Cuts large nodes out, then the list of nodes into slices. */
  const splitNodes = (nodes: NodeDef[], toParent: readonly PathStep[], field: number): NodeDef[][] => {
    const slices: NodeDef[][] = [[]];
    let total = 0;
    for (const [i, node] of nodes.entries()) {
      const toNode = [...toParent, field, {index: i}];
      let size = encodeMessage(NodeDef, node).length;
      const attr = decodeMessage(AttrValue, node.attr.get('value') ?? new Uint8Array(0), 'attribute');
      const {value} = attr;
      if (size > maxSize && value?.$case === 'tensor' && value.value.tensorContent.length > 0) {
        const content = value.value.tensorContent;
        chunks.push({type: ChunkInfo_Type.BYTES, bytes: () => content, path: [...toNode, ...TENSOR_CONTENT]});
        value.value.tensorContent = new Uint8Array(0);
        node.attr.set('value', encodeMessage(AttrValue, attr));
        size -= content.length;
      }
      if (size > maxSize / 3) {
        message(toNode, () => encodeMessage(NodeDef, node));
        nodes[i] = empty(NodeDef);
        size = 0;
      }
      if (total + size > maxSize) {
        slices.push([]);
        total = 0;
      }
      total += size + 5;
      slices.at(-1)!.push(nodes[i]!);
    }
    return slices;
  };

  const {library} = graph;
  if (library !== undefined) {
    const functionSlices: Uint8Array[][] = [[]];
    let total = 0;
    for (const [i, encoded] of library.function.entries()) {
      const toFunction = [...toLibrary, LIBRARY_FUNCTION, {index: i}];
      let rest = encoded;
      if (encoded.length > maxSize) {
        const fn = decodeMessage(FunctionDef, encoded, 'function');
        const slices = splitNodes(fn.nodeDef, toFunction, FUNCTION_NODE);
        for (const nodeDef of slices) {
          message(toFunction, () => encodeMessage(FunctionDef, {...empty(FunctionDef), nodeDef}));
        }
        rest = encodeMessage(FunctionDef, {...fn, nodeDef: []});
      } else if (encoded.length > maxSize / 3) {
        message(toFunction, () => encoded);
        rest = new Uint8Array(0);
      }
      if (total + rest.length > maxSize) {
        functionSlices.push([]);
        total = 0;
      }
      total += rest.length + 5;
      functionSlices.at(-1)!.push(rest);
    }
    for (const fns of functionSlices) {
      message(toLibrary, () =>
        encodeMessage(FunctionDefLibrary, {...empty(FunctionDefLibrary), function: fns}),
      );
    }
    library.function = [];
  }

  for (const node of splitNodes(graph.node, toGraph, GRAPH_NODE)) {
    message(toGraph, () => encodeMessage(GraphDef, {...empty(GraphDef), node}));
  }
  graph.node = [];
  return chunks;
}

function writeChunks(
  chunks: readonly Chunk[],
  options: RiegeliOptions = {},
  damage: (metadata: ChunkMetadata) => void = () => {},
): Uint8Array {
  const contents = chunks.map((chunk) => chunk.bytes());
  const {positions} = writeRiegeli(contents, options);
  const metadata: ChunkMetadata = {
    version: {splitterVersion: 1, joinVersion: 0, badConsumers: []},
    chunks: chunks.map(({type}, i) => ({type, size: contents[i]!.length, offset: positions[i]!})),
    message: {
      chunkIndex: 0,
      chunkedFields: chunks.slice(1).map((chunk, i) => chunkedField(chunk.path, i + 1)),
    },
  };
  damage(metadata);
  return writeRiegeli([...contents, encodeMessage(ChunkMetadata, metadata)], options).bytes;
}

function chunkedField(path: readonly PathStep[], chunkIndex: number): ChunkedField {
  return {
    fieldTag: path.map((step): FieldIndex => {
      if (typeof step === 'number') return {kind: {$case: 'field', value: step}};
      if ('index' in step) return {kind: {$case: 'index', value: step.index}};
      return {kind: {$case: 'mapKey', value: {type: {$case: 's', value: step.key}}}};
    }),
    message: {...ChunkedMessage.decode(new Uint8Array(0)), chunkIndex},
  };
}
