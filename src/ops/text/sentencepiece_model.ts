/**
 * SentencePiece models from their files.
 *
 * Source: `sentencepiece_model.proto` of the SentencePiece library.
 *
 * @module
 */

import {EMPTY} from '../../algorithms/bytes.js';
import {littleEndianWords} from '../../algorithms/darts.js';
import {SentencePieceModel, type SentencePieceSpec} from '../../algorithms/sentencepiece.js';
import type {CharacterMap, NormalizerSpec} from '../../algorithms/sentencepiece_normalizer.js';
import type {PieceType, VocabularyPiece} from '../../algorithms/sentencepiece_vocabulary.js';
import {encodeUtf8} from '../../algorithms/utf8.js';
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
  bos: Uint8Array;
  eos: Uint8Array;
  unknownText: Uint8Array;
  normalizer: NormalizerProto;
  denormalizer: NormalizerProto;
}

/** `NormalizerSpec`. */
interface NormalizerProto {
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
  const {denormalizer} = model;
  return new SentencePieceModel({
    ...model,
    modelType,
    normalizer: normalizerSpec(model.normalizer, model.spaceAsSuffix),
    denormalizer: denormalizer.charsMap.length > 0 ? normalizerSpec(denormalizer, false) : undefined,
  });
}

function decoded(bytes: Uint8Array): ModelProto {
  try {
    return readModel(bytes);
  } catch (cause) {
    throw new FormatError(`not a SentencePiece model: ${(cause as Error).message}`, {cause});
  }
}

function normalizerSpec(proto: NormalizerProto, spaceAsSuffix: boolean): NormalizerSpec {
  return {...proto, charsMap: characterMap(proto.charsMap), spaceAsSuffix};
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
    units: littleEndianWords(blob.subarray(4, 4 + size)),
    texts: blob.subarray(4 + size),
  };
}

type FieldReaders<T> = Readonly<Record<number, (reader: BinaryReader, proto: T) => void>>;

const NORMALIZER_FIELDS: FieldReaders<NormalizerProto> = {
  2: (reader, proto) => (proto.charsMap = reader.bytes()),
  3: (reader, proto) => (proto.addDummyPrefix = reader.bool()),
  4: (reader, proto) => (proto.removeExtraSpaces = reader.bool()),
  5: (reader, proto) => (proto.escapeSpaces = reader.bool()),
};

const TRAINER_FIELDS: FieldReaders<ModelProto> = {
  3: (reader, model) => (model.modelType = reader.int32()),
  24: (reader, model) => (model.spaceAsSuffix = reader.bool()),
  35: (reader, model) => (model.byteFallback = reader.bool()),
  44: (reader, model) => (model.unknownText = reader.bytes()),
  46: (reader, model) => (model.bos = reader.bytes()),
  47: (reader, model) => (model.eos = reader.bytes()),
};

const MODEL_FIELDS: FieldReaders<ModelProto> = {
  1: (reader, model) => model.pieces.push(readPiece(reader.bytes())),
  2: (reader, model) => readFields(reader.bytes(), model, TRAINER_FIELDS),
  3: (reader, model) => readFields(reader.bytes(), model.normalizer, NORMALIZER_FIELDS),
  5: (reader, model) => readFields(reader.bytes(), model.denormalizer, NORMALIZER_FIELDS),
};

function readModel(bytes: Uint8Array): ModelProto {
  const model: ModelProto = {
    pieces: [],
    modelType: 1,
    byteFallback: false,
    spaceAsSuffix: false,
    bos: encodeUtf8('<s>'),
    eos: encodeUtf8('</s>'),
    unknownText: encodeUtf8(' \u2047 '),
    normalizer: defaultNormalizer(),
    denormalizer: defaultNormalizer(),
  };
  readFields(bytes, model, MODEL_FIELDS);
  return model;
}

function defaultNormalizer(): NormalizerProto {
  return {charsMap: new Uint8Array(0), addDummyPrefix: true, removeExtraSpaces: true, escapeSpaces: true};
}

function readFields<T>(bytes: Uint8Array, proto: T, fields: FieldReaders<T>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = fields[field];
    if (read === undefined) reader.skip(wireType, field);
    else read(reader, proto);
  }
}

function readPiece(bytes: Uint8Array): VocabularyPiece {
  const reader = new BinaryReader(bytes);
  let text: Uint8Array = EMPTY;
  let [score, type] = [0, 1];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) text = reader.bytes();
    else if (field === 2) score = reader.float();
    else if (field === 3) type = reader.int32();
    else reader.skip(wireType, field);
  }
  return {text, score, type: PIECE_TYPES[type] ?? 'normal'};
}
