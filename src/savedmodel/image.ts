/**
 * Images as a model expects them: which size and channels its input has, and pictures made so.
 *
 * The convention of the common SavedModel APIs for images of TensorFlow Hub: float32 `[batch, height, width, 3]` from 0 to 1.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {type DType, dtypeInfo} from '../host/dtypes.js';
import {formatShape, type PartialShape} from '../host/shape.js';
import {resample, scaledTaps} from '../ops/image/kernels/resample.js';
import {LoadedObject} from './load/loaded_object.js';
import {parameterNamed} from './load/parameter_names.js';
import type {RestoredFunction} from './load/restored_function.js';
import type {Signature} from './load/signature.js';

/** What takes images: a loaded model, one of its functions or signatures, or a layer that wraps it. */
export type ImageModel = LoadedObject | RestoredFunction | Signature | {readonly resolvedObject: unknown};

/** Which input of a model is meant. */
export interface ImageInputOptions {
  /** The signature, for a model that is called by one. Default: its `__call__`, else its only signature that takes images. */
  readonly signature?: string;
  /** The name of the input. Default: `images`, else the only one that can be images. */
  readonly inputName?: string;
}

/** What an input expects; null where anything will do. */
export interface ExpectedImages {
  readonly height: number | null;
  readonly width: number | null;
  readonly channels: number | null;
  readonly dtype: DType;
}

/** Decoded pixels, row by row from the top: an `ImageData`, or what a decoder of PNG or JPEG gives. */
export interface DecodedImage {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

/** Decoded pixels as `sharp` gives them: `await sharp(file).raw().toBuffer({resolveWithObject: true})`. */
export interface RawImage {
  readonly data: ArrayLike<number>;
  readonly info: {readonly width: number; readonly height: number; readonly channels?: number};
}

/** One image, or a tensor of several. */
export type OneImage = tf.Tensor | DecodedImage | RawImage;

/** `[height, width, channels]` or `[batch, height, width, channels]`, or decoded pixels; several make a batch. */
export type ImageSource = OneImage | readonly OneImage[];

/** How images become an input. */
export interface PrepareImagesOptions extends ImageInputOptions {
  /** `[height, width]`, for a model that takes any size. */
  readonly size?: readonly [number, number];
  /** What the darkest and brightest value of the images are. Default `[0, 255]`; of a Uint16Array `[0, 65535]`. */
  readonly from?: readonly [number, number];
  /** What they become. Default `[0, 1]` where the model takes floats, `[0, 255]` where it takes integers. */
  readonly to?: readonly [number, number];
  /** `stretch` (default) changes the proportions, as `tf.image.resize` does; `crop` cuts off what protrudes from the middle. */
  readonly fit?: 'stretch' | 'crop';
  /** Average over all pixels when shrinking, as `tf.image.resize(antialias=True)`. Default false. */
  readonly antialias?: boolean;
}

/** An input that images could be given to. */
interface Candidate {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
}

/** ITU-R BT.601, as `tf.image.rgb_to_grayscale` weighs. */
const LUMA = [0.2989, 0.587, 0.114];

/**
 * What a model expects of images.
 *
 * @throws CallError when none of its inputs takes images, or several do.
 */
export function expectedImages(model: ImageModel, options: ImageInputOptions = {}): ExpectedImages {
  const {shape, dtype} = imageInput(model, options);
  const [, height, width, channels] = shape as [unknown, number | null, number | null, number | null];
  return {height, width, channels, dtype};
}

/**
 * The height and width that a model expects of images.
 *
 * Mirrors `tensorflow_hub.get_expected_image_size`.
 *
 * @throws CallError when it takes images of any size, or none.
 * @example
 * image.expectedSize(await hub.load(handle));   // [224, 224]
 */
export function expectedImageSize(model: ImageModel, options: ImageInputOptions = {}): [number, number] {
  const {height, width} = expectedImages(model, options);
  if (height === null || width === null) {
    throw new CallError('the model takes images of any size; its documentation says which are sensible');
  }
  return [height, width];
}

/**
 * The number of channels that a model expects of images: 3 for RGB, 1 for shades of grey.
 *
 * Mirrors `tensorflow_hub.get_num_image_channels`.
 *
 * @throws CallError when it takes any number, or no images.
 */
export function expectedImageChannels(model: ImageModel, options: ImageInputOptions = {}): number {
  const {channels} = expectedImages(model, options);
  if (channels === null) throw new CallError('the model takes images of any number of channels');
  return channels;
}

/**
 * Makes a batch of images as a model expects them: its size (bilinear), its channels, its range of values.
 *
 * Alpha is dropped, grey becomes RGB by repetition and RGB grey by luminance.
 *
 * @returns `[batch, height, width, channels]`, float32; int32 where the model takes integers.
 * @throws CallError when the images, or the options, do not fit the model.
 * @example
 * const classify = await hub.load(handle);
 * const logits = classify(image.prepare(context.getImageData(0, 0, 640, 480), classify));
 * @example
 * image.prepare(tf.browser.fromPixels(element), layer, {fit: 'crop'});
 */
export function prepareImages(
  images: ImageSource,
  model: ImageModel,
  options: PrepareImagesOptions = {},
): tf.Tensor4D {
  const expected = expectedImages(model, options);
  const size = targetSize(expected, options.size);
  const isFloat = dtypeInfo(expected.dtype).kind === 'float';
  const to = options.to ?? (isFloat ? [0, 1] : [0, 255]);
  const list: readonly OneImage[] = isList(images) ? images : [images];
  if (list.length === 0) throw new CallError('there are no images to prepare');
  return tf.tidy(() => {
    const batches = list.map((image) => {
      const {pixels, from} = toPixels(image, options.from);
      const colored = toChannels(pixels, expected.channels);
      const resized = resize(
        options.fit === 'crop' ? cropTo(colored, size) : colored,
        size,
        options.antialias ?? false,
      );
      return rescale(resized, from, to);
    });
    const batch = batches.length === 1 ? batches[0]! : (tf.concat(batches as tf.Tensor[], 0) as tf.Tensor4D);
    return isFloat ? batch : tf.cast(tf.round(batch), 'int32');
  });
}

function isList(images: ImageSource): images is readonly OneImage[] {
  return Array.isArray(images);
}

/** The input of the model that takes images. */
function imageInput(model: ImageModel, {signature, inputName}: ImageInputOptions): Candidate {
  const candidates = candidatesOf(model, signature).filter(
    ({name, shape}) => shape?.length === 4 && (inputName === undefined || parameterNamed([name], inputName)),
  );
  const found = candidates.find(({name}) => name === 'images') ?? candidates[0];
  if (found === undefined) {
    const which = inputName === undefined ? 'input' : `input '${inputName}'`;
    throw new CallError(
      `the model has no ${which} that takes images, which are of shape (batch, height, width, channels)`,
    );
  }
  const others = candidates.filter(({name}) => name !== found.name);
  if (found.name !== 'images' && others.length > 0) {
    const names = [found, ...others].map(({name}) => `'${name}'`);
    throw new CallError(
      `the model has several inputs that could be images: ${names.join(', ')}; name one as inputName`,
    );
  }
  return found;
}

/** All inputs of what is to be called. */
function candidatesOf(model: ImageModel, signature: string | undefined): readonly Candidate[] {
  if ('resolvedObject' in model && !(model instanceof LoadedObject)) {
    return candidatesOf(model.resolvedObject as ImageModel, signature);
  }
  if (model instanceof LoadedObject) {
    const call = model.get('__call__') as RestoredFunction | undefined;
    if (call !== undefined && signature === undefined) return candidatesOf(call, undefined);
    return signatureInputs(model, signature);
  }
  if ('inputs' in model) return Object.values(model.inputs);
  if ('concreteFunctions' in model) return model.concreteFunctions.flatMap(({flatInputs}) => flatInputs);
  throw new CallError('what is to be called is not of a loaded model, and does not tell what it expects');
}

function signatureInputs(model: LoadedObject, name: string | undefined): readonly Candidate[] {
  const {signatures} = model;
  if (name !== undefined && !Object.hasOwn(signatures, name)) {
    throw new CallError(
      `the model has no signature '${name}'; it has: ${Object.keys(signatures).join(', ') || 'none'}`,
    );
  }
  const named = name === undefined ? Object.values(signatures) : [signatures[name]!];
  return named.flatMap(({inputs}) => Object.values(inputs));
}

/** The size to make; an error where none or two are known. */
function targetSize(
  {height, width}: ExpectedImages,
  size: readonly [number, number] | undefined,
): [number, number] {
  if (size === undefined) {
    if (height === null || width === null) {
      throw new CallError('the model takes images of any size: say which as size: [height, width]');
    }
    return [height, width];
  }
  const fits = (wanted: number, expected: number | null) =>
    Number.isInteger(wanted) && wanted > 0 && (expected === null || expected === wanted);
  if (!fits(size[0], height) || !fits(size[1], width)) {
    throw new CallError(
      `the model takes images of size ${formatShape([height, width])}, not ${formatShape([...size])}`,
    );
  }
  return [...size];
}

/** One image, or a batch of them, as float32, and what its values range over. */
function toPixels(
  image: OneImage,
  range: readonly [number, number] | undefined,
): {readonly pixels: tf.Tensor4D; readonly from: readonly [number, number]} {
  if (image instanceof tf.Tensor) {
    if (image.rank !== 3 && image.rank !== 4) {
      throw new CallError(
        `images must be of shape (height, width, channels), or a batch of these, not ${formatShape(image.shape)}`,
      );
    }
    if (image.dtype !== 'float32' && image.dtype !== 'int32') {
      throw new CallError(`images must be numbers, not ${image.dtype}`);
    }
    if (image.size === 0) throw new CallError(`images of shape ${formatShape(image.shape)} have no pixels`);
    const batch = image.rank === 3 ? tf.expandDims(image, 0) : image;
    return {pixels: tf.cast(batch, 'float32') as tf.Tensor4D, from: range ?? [0, 255]};
  }
  const {data, width, height} = decodedImage(image);
  const channels = data.length / (width * height);
  if (!(Number.isInteger(width) && Number.isInteger(height) && [1, 2, 3, 4].includes(channels))) {
    throw new CallError(`${data.length} values are no ${width}x${height} image of 1 to 4 channels`);
  }
  const pixels = tf.tensor4d(Float32Array.from(data), [1, height, width, channels]);
  return {pixels, from: range ?? [0, data instanceof Uint16Array ? 65535 : 255]};
}

/** What encoded images begin with. */
const FORMATS: readonly (readonly [bytes: readonly number[], format: string])[] = [
  [[0xff, 0xd8, 0xff], 'a JPEG'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG'],
  [[0x47, 0x49, 0x46, 0x38], 'a GIF'],
  [[0x42, 0x4d], 'a BMP'],
  [[0x52, 0x49, 0x46, 0x46], 'a WebP'],
];

/** Pixels in one form. */
function decodedImage(image: DecodedImage | RawImage): DecodedImage {
  const given: unknown = image;
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) {
    const bytes = ArrayBuffer.isView(given)
      ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
      : new Uint8Array(given);
    const format = FORMATS.find(([start]) => start.every((byte, i) => bytes[i] === byte))?.[1];
    throw new CallError(
      `${format === undefined ? 'numbers by themselves' : `the bytes of ${format}`} are no image with width and height: decode it first, in Node with sharp ` +
        '(`await sharp(bytes).raw().toBuffer({resolveWithObject: true})`), in a browser with `createImageBitmap` and `tf.browser.fromPixels`',
    );
  }
  if (
    typeof given !== 'object' ||
    given === null ||
    (given as Partial<DecodedImage>).data?.length === undefined
  ) {
    throw new CallError('an image is a tensor, or pixels: {data, width, height}');
  }
  return 'info' in image ? {data: image.data, width: image.info.width, height: image.info.height} : image;
}

/** Grey, grey with alpha, RGB and RGBA become grey or RGB. */
function toChannels(pixels: tf.Tensor4D, wanted: number | null): tf.Tensor4D {
  const [batch, height, width, given] = pixels.shape;
  if (wanted === null || wanted === given) return pixels;
  const colors = given === 2 || given === 4 ? given - 1 : given;
  const opaque = colors === given ? pixels : tf.slice(pixels, [0, 0, 0, 0], [batch, height, width, colors]);
  if (colors === wanted) return opaque;
  if (colors === 1 && wanted === 3) return tf.tile(opaque, [1, 1, 1, 3]);
  if (colors === 3 && wanted === 1) {
    return tf.sum(tf.mul(opaque, tf.tensor1d(LUMA)), 3, true);
  }
  throw new CallError(`the model takes images of ${wanted} channels, and cannot be given ${given}`);
}

/** The largest part in the middle that has the proportions of `size`. */
function cropTo(pixels: tf.Tensor4D, [toHeight, toWidth]: readonly [number, number]): tf.Tensor4D {
  const [batch, height, width, channels] = pixels.shape;
  const scale = Math.min(height / toHeight, width / toWidth);
  const cutHeight = Math.max(1, Math.round(toHeight * scale));
  const cutWidth = Math.max(1, Math.round(toWidth * scale));
  const top = (height - cutHeight) >> 1;
  const left = (width - cutWidth) >> 1;
  return tf.slice(pixels, [0, top, left, 0], [batch, cutHeight, cutWidth, channels]);
}

/** Bilinear with the centres of pixels half a pixel in, as `tf.image.resize`. */
function resize(pixels: tf.Tensor4D, size: readonly [number, number], antialias: boolean): tf.Tensor4D {
  const [, height, width] = pixels.shape;
  if (height === size[0] && width === size[1]) return pixels;
  if (!antialias) return tf.image.resizeBilinear(pixels, [...size], false, true);
  const [rows, columns] = ([height, width] as const).map((from, axis) => {
    const scale = Math.fround(size[axis]! / from);
    return scaledTaps(from, size[axis]!, 'triangle', {scale, translation: 0, antialias});
  });
  return resample(pixels, rows!, columns!) as tf.Tensor4D;
}

function rescale(
  pixels: tf.Tensor4D,
  from: readonly [number, number],
  to: readonly [number, number],
): tf.Tensor4D {
  const scale = (to[1] - to[0]) / (from[1] - from[0]);
  if (!Number.isFinite(scale)) throw new CallError(`images cannot range from ${from[0]} to ${from[1]}`);
  return tf.add(tf.mul(pixels, scale), to[0] - from[0] * scale);
}
