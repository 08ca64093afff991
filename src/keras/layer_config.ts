/**
 * A layer's config as JSON: what goes into a saved model, and comes out of it again.
 *
 * @module
 */

import type {serialization} from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import type {Nest} from './nest.js';

/** What a config says besides what every layer's says. */
export interface SavedLayerConfig {
  readonly handle: string;
  readonly tags?: readonly string[];
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly signature?: string;
  readonly signatureOutputsAsDict?: boolean;
  readonly outputKey?: string;
  readonly outputShape?: Nest<number | null>;
  /** How the layer's inputs are arranged in models, where that is not one tensor or a list: nests of their numbers. */
  readonly inputNests?: readonly Nest<number>[];
}

/**
 * A value that must come back as it was. When a model is written, tfjs-layers turns every key and every string of a config
 * to snake case, and to camel case when it is read; only a string under `name` is left alone.
 */
interface Verbatim {
  readonly name: string;
}

/** Fields that are text; other fields are kept as JSON. */
const TEXT: ReadonlySet<string> = new Set<keyof SavedLayerConfig>(['handle', 'signature', 'outputKey']);
const JSON_VALUES: ReadonlySet<string> = new Set<keyof SavedLayerConfig>([
  'tags',
  'arguments',
  'outputShape',
  'inputNests',
]);

/** The config as tfjs-layers can write it. */
export function writeConfig(config: SavedLayerConfig): serialization.ConfigDict {
  const fields = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
    if (value === undefined) return [];
    if (TEXT.has(key)) return [[key, {name: value}]];
    return [[key, JSON_VALUES.has(key) ? {name: JSON.stringify(value)} : value]];
  });
  return Object.fromEntries(fields) as serialization.ConfigDict;
}

/** The config from what {@link writeConfig} gave, or from one that was written by hand. */
export function readConfig(config: serialization.ConfigDict): SavedLayerConfig & Record<string, unknown> {
  const fields = Object.entries(config).map(([key, value]) => {
    if (!isVerbatim(value)) return [key, value];
    if (TEXT.has(key)) return [key, value.name];
    return [key, JSON_VALUES.has(key) ? JSON.parse(value.name) : value];
  });
  return Object.fromEntries(fields);
}

/** Names of the fields as Python and the JSON of a model have them. */
const SAVED_NAMES: Readonly<Record<keyof SavedLayerConfig, string>> = {
  handle: 'handle',
  tags: 'tags',
  arguments: 'arguments',
  signature: 'signature',
  signatureOutputsAsDict: 'signature_outputs_as_dict',
  outputKey: 'output_key',
  outputShape: 'output_shape',
  inputNests: 'input_nests',
};

/** The config from the JSON of a model, before tfjs-layers has made camel case of its strings. */
export function readSavedConfig(json: Readonly<Record<string, unknown>>): SavedLayerConfig {
  const fields = Object.entries(SAVED_NAMES).flatMap(([key, name]) =>
    json[name] == null ? [] : [[key, json[name]]],
  );
  return readConfig(Object.fromEntries(fields));
}

function isVerbatim(value: unknown): value is Verbatim {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 1 &&
    typeof (value as Partial<Verbatim>).name === 'string'
  );
}

/** Values that JSON gives back as they are. A tensor, a function, NaN or a bigint is none. */
export function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isJson);
      return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
    }
    default:
      return false;
  }
}

/** Refuses arguments that a config cannot hold. */
export function checkArguments(args: Readonly<Record<string, unknown>>): void {
  const bad = Object.entries(args).find(([, value]) => !isJson(value));
  if (bad !== undefined) {
    throw new CallError(
      `\`hub.KerasLayer(..., {arguments})\` contains non json-serializable values in key: ${bad[0]}`,
    );
  }
}
