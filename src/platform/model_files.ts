/**
 * How to tell a model's directory: it has at least one of these at its root.
 *
 * @module
 */

export const MODEL_FILES: ReadonlySet<string> = new Set([
  'saved_model.pb',
  'saved_model.pbtxt',
  'saved_model.cpb',
  // The legacy TF1 Hub format.
  'tfhub_module.pb',
]);
