/**
 * Shapes and dtypes of a layer's outputs before there are any: from the traces of the function, and where these leave
 * something open, from running it on samples.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {childrenOf, equalsLiteral, type Structure} from '../graph/nest.js';
import {formatShape, type PartialShape} from '../host/shape.js';
import {tensorDType} from '../savedmodel/tensor_dtype.js';
import type {FlatNest, Layout, Nest} from './nest.js';
import type {LayerTrace} from './reusable.js';

/** What is known of a tensor; the dtype as tfjs has it. */
export interface Spec {
  readonly shape: PartialShape;
  readonly dtype: tf.DataType;
}

/** What is known of a nest of tensors. */
export interface NestSpec {
  readonly specs: readonly Spec[];
  readonly layout: Layout;
}

/** The specs of a structure's tensors in the places of a layout; undefined where the two differ. */
export function specsAt(structure: Structure, layout: Layout): readonly Spec[] | undefined {
  const found: Spec[] = [];
  return visit(structure, layout) ? found : undefined;

  function visit(each: Structure, at: Layout): boolean {
    if (each.kind === 'tensor' && at.kind === 'leaf') {
      found.push({shape: each.shape, dtype: tensorDType(each.dtype)});
      return true;
    }
    if (each.kind === 'composite' && at.kind === 'composite') {
      found.push(...each.components.map(({shape, dtype}) => ({shape, dtype: tensorDType(dtype)})));
      return each.components.length === at.parts;
    }
    const children = childrenOf(each);
    switch (at.kind) {
      case 'leaf': {
        // The only input of a signature may come without its name.
        const [only] = children;
        return each.kind === 'dict' && children.length === 1 && visit(only![1], at);
      }
      case 'list':
        return (
          (each.kind === 'list' || each.kind === 'tuple') &&
          children.length === at.items.length &&
          children.every(([, child], i) => visit(child, at.items[i]!))
        );
      case 'dict': {
        const byName = new Map(children.map(([key, child]) => [String(key), child]));
        return (
          (each.kind === 'dict' || each.kind === 'namedTuple') &&
          byName.size === at.fields.length &&
          at.fields.every(([key, child]) => byName.has(key) && visit(byName.get(key)!, child))
        );
      }
      case 'constant':
        return each.kind === 'none' || each.kind === 'literal';
      default:
        return false;
    }
  }
}

/** The layout and specs of results as saved. */
export function outputSpecOf(structure: Structure): NestSpec {
  const specs: Spec[] = [];
  const visit = (each: Structure): Layout => {
    switch (each.kind) {
      case 'tensor':
        specs.push({shape: each.shape, dtype: tensorDType(each.dtype)});
        return {kind: 'leaf'};
      case 'list':
      case 'tuple':
        return {kind: 'list', items: each.items.map(visit)};
      case 'dict':
      case 'namedTuple': {
        const fields = [...each.fields].sort(([a], [b]) => (a < b ? -1 : 1));
        return {kind: 'dict', fields: fields.map(([key, child]) => [key, visit(child)])};
      }
      case 'composite':
        throw compositeOutput(each.className);
      default:
        return {kind: 'constant', value: null};
    }
  };
  return {layout: visit(structure), specs};
}

/** The error for a function that gives what has no place in a model. */
export function compositeOutput(what: string): CallError {
  return new CallError(
    `the function gives a ${what}, which a tfjs-layers model cannot hold; call the layer on tensors, outside of a model`,
  );
}

/** The shapes that a layer is told its outputs have, without the batch, in the nest of the outputs. */
export function fixedOutputs(outputShape: Nest<number | null>): NestSpec {
  const specs: Spec[] = [];
  const visit = (each: Nest<number | null>): Layout => {
    if (isDims(each)) {
      specs.push({shape: each, dtype: 'float32'});
      return {kind: 'leaf'};
    }
    if (Array.isArray(each)) return {kind: 'list', items: each.map(visit)};
    if (typeof each !== 'object' || each === null) {
      throw new CallError(
        `outputShape must be a shape, or shapes in arrays and objects, got ${JSON.stringify(outputShape)}`,
      );
    }
    const fields = Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1));
    return {kind: 'dict', fields: fields.map(([key, child]) => [key, visit(child)])};
  };
  return {layout: visit(outputShape), specs};
}

function isDims(value: unknown): value is readonly (number | null)[] {
  return (
    Array.isArray(value) &&
    value.every((dim) => dim === null || (Number.isInteger(dim) && (dim as number) >= 0))
  );
}

/** Whether tensors of `given` may be what a trace takes: dtypes and shapes that do not exclude each other. */
export function compatible(given: readonly Spec[], wanted: readonly Spec[]): boolean {
  return given.every(({shape, dtype}, i) => {
    const other = wanted[i]!;
    if (dtype !== other.dtype) return false;
    if (shape === null || other.shape === null) return true;
    return (
      shape.length === other.shape.length &&
      shape.every((dim, axis) => dim === null || other.shape![axis] === null || dim === other.shape![axis])
    );
  });
}

/** The traces that inputs of these specs may select, given the other arguments (those with defaults included). */
export function matchingTraces(
  traces: readonly LayerTrace[],
  {specs, layout}: NestSpec,
  kwargs: Readonly<Record<string, unknown>>,
): readonly LayerTrace[] {
  return traces.filter(({input, others}) => {
    const wanted = specsAt(input, layout);
    if (wanted === undefined || !compatible(specs, wanted)) return false;
    return [...others].every(
      ([name, structure]) => !Object.hasOwn(kwargs, name) || mayBe(structure, kwargs[name]),
    );
  });
}

/** Whether a trace was made for a value of an argument that is no tensor; of any other kind it may be. */
function mayBe(structure: Structure, value: unknown): boolean {
  switch (structure.kind) {
    case 'literal':
      return equalsLiteral(value, structure.value);
    case 'none':
      return value === null || value === undefined;
    default:
      return value !== null;
  }
}

/** True when nothing of the shapes is open, apart from the size of the batch. */
export function isComplete(specs: readonly Spec[]): boolean {
  return specs.every(({shape}) => shape?.slice(1).every((dim) => dim !== null));
}

/** Sizes that stand for unknown ones: the batch, and any other dimension. */
const SAMPLES = [
  {batch: 1, other: 32},
  {batch: 2, other: 48},
] as const;

/**
 * The shapes that `run` gives for inputs of these specs, by running it on zeros of two sizes: what is the same for both is
 * fixed, what differs is unknown.
 */
export function sampleSpecs(
  run: (inputs: tf.Tensor[]) => FlatNest<tf.Tensor>,
  inputs: readonly Spec[],
): NestSpec {
  const open = inputs.some(({shape}) => shape === null || shape.includes(null));
  const results = (open ? SAMPLES : SAMPLES.slice(0, 1)).map(({batch, other}) => {
    let layout: Layout = {kind: 'constant', value: null};
    const specs = tf.tidy(() => {
      const result = run(inputs.map((spec) => zeros(spec, batch, other)));
      layout = result.layout;
      return result.leaves.map(({shape, dtype}) => ({shape, dtype}));
    });
    return {specs, layout};
  });
  const [first, second] = results;
  const specs = first!.specs.map(({shape, dtype}, i) => {
    const again = second?.specs[i]?.shape ?? shape;
    if (again.length !== shape.length) return {shape: null, dtype};
    return {shape: shape.map((dim, axis) => (dim === again[axis] ? dim : null)), dtype};
  });
  return {specs, layout: first!.layout};
}

function zeros({shape, dtype}: Spec, batch: number, other: number): tf.Tensor {
  if (shape === null) throw new CallError('the rank of an input is unknown');
  const dims = shape.map((dim, axis) => dim ?? (axis === 0 ? batch : other));
  if (dtype !== 'string') return tf.zeros(dims, dtype);
  return tf.tensor(new Array<string>(tf.util.sizeFromShape(dims)).fill(''), dims, 'string');
}

/** The shape as tfjs-layers has it. */
export function layerShape({shape}: Spec, layer: string): (number | null)[] {
  if (shape !== null) return [...shape];
  throw new CallError(
    `the rank of an output of ${layer} is unknown (${formatShape(shape)}); give the layer an outputShape`,
  );
}
