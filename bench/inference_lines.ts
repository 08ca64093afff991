/**
 * What the inference benchmark computes: its models, and for each what it is called with.
 *
 * @module
 */

/** An input of a model, and what it is filled with. */
export type InputSpec =
  | {readonly dtype: 'float32'; readonly shape: readonly number[]; readonly below: number}
  | {
      readonly dtype: 'int32';
      readonly shape: readonly number[];
      readonly from: number;
      readonly below: number;
    }
  | {readonly dtype: 'string'; readonly shape: readonly [number]; readonly words: number};

/** A model, called with inputs of one size: a line of the table. */
export interface Line {
  readonly title: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
}

/** A model, and the lines that it has. */
export interface Model {
  /** As `inference_models.py` calls it. */
  readonly name: string;
  readonly lines: readonly Line[];
  /** The SavedModel, where it is not made but lies beside the repository. */
  readonly path?: URL;
}

const floats = (shape: readonly number[], below = 1): InputSpec => ({dtype: 'float32', shape, below});
const integers = (shape: readonly number[], from: number, below: number): InputSpec => ({
  dtype: 'int32',
  shape,
  from,
  below,
});

function images(name: string, title: string, below: number, batches: readonly number[] = [1]): Model {
  const line = (batch: number): Line => ({
    title: batch === 1 ? title : `${title}, batch ${batch}`,
    inputs: {images: floats([batch, 224, 224, 3], below)},
  });
  return {name, lines: batches.map(line)};
}

function bert(batch: number, length: number): Line {
  const shape = [batch, length];
  return {
    title: `BERT 4x512, seq ${length}${batch === 1 ? '' : `, batch ${batch}`}`,
    inputs: {
      input_word_ids: integers(shape, 0, 30_522),
      input_mask: integers(shape, 1, 2),
      input_type_ids: integers(shape, 0, 2),
    },
  };
}

const mlp = (batch: number): Line => ({
  title: `MLP 3x1024, batch ${batch}`,
  inputs: {features: floats([batch, 1024])},
});

const text = (batch: number): Line => ({
  title: `text classifier, batch ${batch}`,
  inputs: {sentences: {dtype: 'string', shape: [batch], words: 20}},
});

const pitch = (batch: number): Line => ({
  title: `basic_pitch, batch ${batch}`,
  inputs: {input_2: floats([batch, 43_844, 1])},
});

const chain = (nodes: number): Model => ({
  name: `chain_${nodes}`,
  lines: [{title: `chain of ${nodes} nodes`, inputs: {vector: floats([100])}}],
});

export const MODELS: readonly Model[] = [
  images('mobilenet_v2', 'MobileNetV2 224', 1, [1, 8]),
  images('efficientnet_b0', 'EfficientNetB0', 255),
  images('resnet50', 'ResNet50', 255),
  images('mobilenet_v3_small', 'MobileNetV3Small', 255),
  {
    name: 'bert',
    lines: [bert(1, 32), bert(1, 128), bert(1, 512), bert(8, 32), bert(8, 128), bert(8, 512)],
  },
  {name: 'text', lines: [text(1), text(256)]},
  {name: 'lstm', lines: [{title: 'LSTM 100, batch 32, 100 steps', inputs: {steps: floats([32, 100, 32])}}]},
  {
    name: 'basic_pitch',
    lines: [pitch(1), pitch(8)],
    path: new URL('../../shared/testdata/basic_pitch_nmp', import.meta.url),
  },
  {
    name: 'detector',
    lines: [{title: 'SSD with NMS', inputs: {images: floats([1, 320, 320, 3])}}],
  },
  {name: 'mlp_1024', lines: [mlp(1), mlp(8), mlp(64)]},
  {name: 'mlp_10', lines: [{title: 'MLP 10 -> 10', inputs: {features: floats([1, 10])}}]},
  chain(50),
  chain(500),
  chain(2000),
];

/** What an input is filled with: the same each time. */
export function fill(spec: InputSpec): Float32Array | Int32Array | string[] {
  const random = randomNumbers();
  const size = spec.shape.reduce((product, dim) => product * dim, 1);
  switch (spec.dtype) {
    case 'float32':
      return Float32Array.from({length: size}, () => random() * spec.below);
    case 'int32':
      return Int32Array.from(
        {length: size},
        () => spec.from + Math.floor(random() * (spec.below - spec.from)),
      );
    case 'string': {
      const word = () => `Word${Math.floor(random() * 12_000)}`;
      return Array.from({length: size}, () => `${Array.from({length: spec.words}, word).join(', ')}!`);
    }
  }
}

/** A sequence of numbers from 0 to below 1. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
