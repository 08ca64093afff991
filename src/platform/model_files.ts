/**
 * Which files make a directory a model's, and which belong to it.
 *
 * @module
 */

/** A model's directory has at least one of these at its root. */
export const MODEL_FILES: ReadonlySet<string> = new Set([
  'saved_model.pb',
  'saved_model.pbtxt',
  'saved_model.cpb',
  // The legacy TF1 Hub format.
  'tfhub_module.pb',
]);

/** Files at the root that belong to a model, and go with it. */
export const MODEL_ROOT_FILES: readonly string[] = [...MODEL_FILES, 'fingerprint.pb', 'keras_metadata.pb'];

/** Files that are one protocol buffer each, and are read whole. */
export const MESSAGE_FILES: ReadonlySet<string> = new Set(
  MODEL_ROOT_FILES.filter((name) => name !== 'saved_model.cpb'),
);

/** No protocol buffer has more bytes; TensorFlow refuses larger ones, too. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** Directories whose files all belong to a model. */
export const MODEL_DIRECTORIES: readonly string[] = ['variables', 'assets', 'debug'];

/** The file beside a model that is there while the model is put into its place. */
export const lockOf = (name: string): string => `.${name}.lock`;
