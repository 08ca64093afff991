/**
 * SentencePiece models: text to pieces, by unigram language model or byte pair encoding, and back.
 *
 * Source: `sentencepiece_model.proto` and `sentencepiece_processor.cc` of the SentencePiece library. Text is bytes throughout, in
 * memory that one text after the other uses.
 *
 * @module
 */

import {BytePairSegmenter} from './sentencepiece_bpe.js';
import {type DecoderSpec, PieceDecoder} from './sentencepiece_decoder.js';
import {Normalizer} from './sentencepiece_normalizer.js';
import {UnigramSegmenter} from './sentencepiece_unigram.js';
import {Vocabulary, type VocabularyPiece} from './sentencepiece_vocabulary.js';
import {
  isWordwise,
  type PartSegmenter,
  type Segmenter,
  WholeSegmenter,
  WordSegmenter,
} from './sentencepiece_words.js';
import {encodeUtf8} from './utf8.js';

/** What a model file says, defaults filled in. */
export interface SentencePieceSpec extends DecoderSpec {
  /** One of them is the unknown piece. */
  readonly pieces: readonly VocabularyPiece[];
  readonly modelType: 'unigram' | 'bpe';
  readonly byteFallback: boolean;
  readonly bos: Uint8Array;
  readonly eos: Uint8Array;
}

/** Takes strings in parts. */
export interface ByteSink {
  append(source: Uint8Array, start?: number, end?: number): void;
  /** Closes the string that is open. */
  end(): void;
}

/** How text is cut, by the type of the model. */
const SEGMENTERS: Readonly<
  Record<SentencePieceSpec['modelType'], new (vocabulary: Vocabulary) => PartSegmenter>
> = {
  unigram: UnigramSegmenter,
  bpe: BytePairSegmenter,
};

/** A SentencePiece model. */
export class SentencePieceModel {
  readonly vocabulary: Vocabulary;
  /** Ids of the pieces that mark a beginning and an end. */
  readonly bosId: number;
  readonly eosId: number;
  /** The text that was encoded last. */
  readonly encoded = new EncodedText();

  /** Makes text of pieces. */
  readonly decoder: PieceDecoder;

  readonly #byteFallback: boolean;
  readonly #normalizer: Normalizer;
  readonly #segmenter: Segmenter;
  /** Ids of the pieces that stand for bytes. */
  readonly #byteIds: Int32Array;

  constructor(spec: SentencePieceSpec) {
    this.#byteFallback = spec.byteFallback;
    const vocabulary = new Vocabulary(spec.pieces);
    this.vocabulary = vocabulary;
    this.#normalizer = new Normalizer(spec.normalizer, vocabulary.userDefined);
    const parts = new SEGMENTERS[spec.modelType](vocabulary);
    this.#segmenter = isWordwise(vocabulary, spec.normalizer.charsMap?.texts)
      ? new WordSegmenter(parts)
      : new WholeSegmenter(parts);
    this.bosId = vocabulary.idOf(spec.bos, 0, spec.bos.length);
    this.eosId = vocabulary.idOf(spec.eos, 0, spec.eos.length);
    const byteOf = new Int16Array(vocabulary.size).fill(-1);
    this.#byteIds = Int32Array.from({length: 256}, (_, byte) => {
      const text = encodeUtf8(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      const id = vocabulary.idOf(text, 0, text.length);
      if (vocabulary.types[id] === 'byte') byteOf[id] = byte;
      return id;
    });
    this.decoder = new PieceDecoder(vocabulary, byteOf, spec);
  }

  /** Cuts what lies from `start` to `end` in the most likely way. What came of it is {@link encoded}. */
  encode(bytes: Uint8Array, start: number, end: number): void {
    const normalizer = this.#normalizer;
    normalizer.normalize(bytes, start, end);
    this.#segmenter.segment(normalizer.text, normalizer.length);
    const {segments} = this.#segmenter;
    const {unknownId} = this.vocabulary;
    const byteFallback = this.#byteFallback;
    const {text, origins} = normalizer;
    const out = this.encoded;
    out.begin(text, byteFallback ? normalizer.length + segments.count : segments.count);
    let from = 0;
    let afterUnknown = false;
    for (let i = 0; i < segments.count; i++) {
      const id = segments.ids[i]!;
      const to = segments.ends[i]!;
      const isUnknown = id === unknownId;
      if (isUnknown && byteFallback) {
        // Spelled in bytes, the last of which stands for the text.
        for (let at = from; at < to; at++) {
          out.add(this.#byteIds[text[at]!]!, origins[from]!, origins[at === to - 1 ? to : from]!, at, at);
        }
      } else if (isUnknown && afterUnknown) {
        out.extend(origins[to]!, to);
      } else {
        out.add(id, origins[from]!, origins[to]!, from, to);
      }
      afterUnknown = isUnknown;
      from = to;
    }
  }

  /** Appends the text of a piece of {@link encoded} to `sink`, and closes the string. */
  writePiece(i: number, sink: ByteSink): void {
    const {ids, text, textStarts, textEnds} = this.encoded;
    const id = ids[i]!;
    if (id === this.vocabulary.unknownId && textEnds[i]! > textStarts[i]!) {
      sink.append(text, textStarts[i]!, textEnds[i]!);
      sink.end();
    } else {
      this.writeId(id, sink);
    }
  }

  /** Appends the text of a piece of the vocabulary to `sink`, and closes the string. */
  writeId(id: number, sink: ByteSink): void {
    const {bytes, offsets} = this.vocabulary;
    sink.append(bytes, offsets[id]!, offsets[id + 1]!);
    sink.end();
  }
}

/** A text as pieces. */
export class EncodedText {
  count = 0;
  ids = new Int32Array(64);
  /** The bytes of the text that each piece stands for. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** Where each piece lies in {@link text}, which was normalized: for unknown pieces, whose text the vocabulary does not have. */
  textStarts = new Int32Array(64);
  textEnds = new Int32Array(64);
  text: Uint8Array = new Uint8Array(0);

  /** Begins a text of at most so many pieces. */
  begin(text: Uint8Array, most: number): void {
    this.text = text;
    this.count = 0;
    if (most <= this.ids.length) return;
    this.ids = new Int32Array(2 * most);
    this.starts = new Int32Array(2 * most);
    this.ends = new Int32Array(2 * most);
    this.textStarts = new Int32Array(2 * most);
    this.textEnds = new Int32Array(2 * most);
  }

  add(id: number, start: number, end: number, textStart: number, textEnd: number): void {
    const {count} = this;
    this.ids[count] = id;
    this.starts[count] = start;
    this.ends[count] = end;
    this.textStarts[count] = textStart;
    this.textEnds[count] = textEnd;
    this.count = count + 1;
  }

  /** Makes the last piece longer. */
  extend(end: number, textEnd: number): void {
    this.ends[this.count - 1] = end;
    this.textEnds[this.count - 1] = textEnd;
  }
}
