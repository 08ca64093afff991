/**
 * SentencePiece models from their files.
 *
 * Source: `sentencepiece_model.proto` of the SentencePiece library.
 *
 * @module
 */

import {
  type CharacterMap,
  type PieceType,
  SentencePieceModel,
  type SentencePieceSpec,
  type VocabularyPiece,
} from '../../algorithms/sentencepiece.js';
import {FormatError} from '../../errors.js';
import {BinaryReader} from '../../proto/wire.js';

/** `ModelProto.SentencePiece.Type`, by number. */
const PIECE_TYPES: readonly PieceType[] = [
  'normal',
  'normal',
  'unknown',
  'control',
  'user-defined',
  'unused',
  'byte',
];

/** `TrainerSpec.ModelType`, those that are implemented. */
const MODEL_TYPES: Readonly<Record<number, SentencePieceSpec['modelType']>> = {1: 'unigram', 2: 'bpe'};

/** What a model file says, defaults filled in. */
interface ModelProto {
  pieces: VocabularyPiece[];
  modelType: number;
  byteFallback: boolean;
  spaceAsSuffix: boolean;
  bos: string;
  eos: string;
  charsMap: Uint8Array;
  addDummyPrefix: boolean;
  removeExtraSpaces: boolean;
  escapeSpaces: boolean;
}

/** @throws FormatError when `bytes` are no serialized `ModelProto`, or one of another kind than unigram and BPE. */
export function readSentencePieceModel(bytes: Uint8Array): SentencePieceModel {
  const model = decoded(bytes);
  if (!model.pieces.some(({type}) => type === 'unknown')) {
    throw new FormatError('a SentencePiece model has no unknown piece');
  }
  const modelType = MODEL_TYPES[model.modelType];
  if (modelType === undefined) {
    throw new FormatError(`SentencePiece models of type ${model.modelType} are not supported`);
  }
  return new SentencePieceModel({...model, modelType, charsMap: characterMap(model.charsMap)});
}

function decoded(bytes: Uint8Array): ModelProto {
  try {
    return readModel(bytes);
  } catch (cause) {
    throw new FormatError(`not a SentencePiece model: ${(cause as Error).message}`, {cause});
  }
}

/** The table of replacements; undefined where there is none. */
function characterMap(blob: Uint8Array): CharacterMap | undefined {
  if (blob.length === 0) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const size = blob.length >= 4 ? view.getUint32(0, true) : Number.POSITIVE_INFINITY;
  if (size % 4 !== 0 || 4 + size > blob.length) {
    throw new FormatError('the character map of a SentencePiece model is damaged');
  }
  return {
    units: Uint32Array.from({length: size / 4}, (_, i) => view.getUint32(4 + 4 * i, true)),
    texts: blob.subarray(4 + size),
  };
}

type FieldReaders = Readonly<Record<number, (reader: BinaryReader, model: ModelProto) => void>>;

const NORMALIZER_FIELDS: FieldReaders = {
  2: (reader, model) => (model.charsMap = reader.bytes()),
  3: (reader, model) => (model.addDummyPrefix = reader.bool()),
  4: (reader, model) => (model.removeExtraSpaces = reader.bool()),
  5: (reader, model) => (model.escapeSpaces = reader.bool()),
};

const TRAINER_FIELDS: FieldReaders = {
  3: (reader, model) => (model.modelType = reader.int32()),
  24: (reader, model) => (model.spaceAsSuffix = reader.bool()),
  35: (reader, model) => (model.byteFallback = reader.bool()),
  46: (reader, model) => (model.bos = reader.string()),
  47: (reader, model) => (model.eos = reader.string()),
};

const MODEL_FIELDS: FieldReaders = {
  1: (reader, model) => model.pieces.push(readPiece(reader.bytes())),
  2: (reader, model) => readFields(reader.bytes(), model, TRAINER_FIELDS),
  3: (reader, model) => readFields(reader.bytes(), model, NORMALIZER_FIELDS),
};

function readModel(bytes: Uint8Array): ModelProto {
  const model: ModelProto = {
    pieces: [],
    modelType: 1,
    byteFallback: false,
    spaceAsSuffix: false,
    bos: '<s>',
    eos: '</s>',
    charsMap: new Uint8Array(0),
    addDummyPrefix: true,
    removeExtraSpaces: true,
    escapeSpaces: true,
  };
  readFields(bytes, model, MODEL_FIELDS);
  return model;
}

function readFields(bytes: Uint8Array, model: ModelProto, fields: FieldReaders): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = fields[field];
    if (read === undefined) reader.skip(wireType, field);
    else read(reader, model);
  }
}

function readPiece(bytes: Uint8Array): VocabularyPiece {
  const reader = new BinaryReader(bytes);
  let [text, score, type] = ['', 0, 1];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) text = reader.string();
    else if (field === 2) score = reader.float();
    else if (field === 3) type = reader.int32();
    else reader.skip(wireType, field);
  }
  return {text, score, type: PIECE_TYPES[type] ?? 'normal'};
}
