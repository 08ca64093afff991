/**
 * A layer's call without the layer: from flat tensors to flat tensors, and from what is known of the inputs to what is known of
 * the outputs.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {fitsShape, formatShape, type PartialShape} from '../host/shape.js';
import {
  describeLayout,
  type FlatNest,
  flatten,
  hasComposite,
  type Layout,
  type Nest,
  pack,
  sameLayout,
} from './nest.js';
import {
  compositeOutput,
  fixedOutputs,
  isComplete,
  matchingTraces,
  type NestSpec,
  outputSpecOf,
  type Spec,
  sampleSpecs,
  specsAt,
} from './output_specs.js';
import type {LayerFunction, LayerTrace} from './reusable.js';

/** What is called, and how. */
export interface LayerCallSpec {
  readonly function: LayerFunction;
  /** Keyword arguments of every call. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Which of the results that have names is given. */
  readonly outputKey: string | undefined;
  /** Shapes of the results without the batch. */
  readonly outputShape: Nest<number | null> | undefined;
}

/** Calls a function as a layer does. */
export class LayerCall {
  readonly #spec: LayerCallSpec;
  readonly #fixed: NestSpec | undefined;

  constructor(spec: LayerCallSpec) {
    this.#spec = spec;
    this.#fixed = spec.outputShape === undefined ? undefined : fixedOutputs(spec.outputShape);
  }

  /**
   * Calls the function on tensors arranged by `layout`.
   *
   * @param isTrial - whether this is only to see what comes out
   */
  run(inputs: readonly tf.Tensor[], layout: Layout, training: boolean, isTrial = false): FlatNest<tf.Tensor> {
    const fitting = inputs.map((tensor, i) => fitRank(tensor, this.#wantedShapes(layout, i)));
    const {function: callee} = this.#spec;
    const call = (isTrial && callee.trial) || callee.call;
    const result = this.#pick(call(pack(layout, fitting), this.#kwargs(training)));
    const flat = flatten(result) as FlatNest<tf.Tensor>;
    this.#checkShapes(flat, inputs[0]?.shape[0]);
    if (callee.givesNewTensors) return flat;
    // tfjs-layers frees what a layer gave when it is used up.
    return {...flat, leaves: flat.leaves.map((tensor) => tf.clone(tensor))};
  }

  /** Whether a call for inference may be made twice. */
  isRepeatable(): boolean {
    return this.#spec.function.isRepeatable();
  }

  #kwargs(training: boolean): Readonly<Record<string, unknown>> {
    const {arguments: extra, function: callee} = this.#spec;
    return callee.hasTrainingArgument ? {...extra, training} : extra;
  }

  #pick(result: unknown): unknown {
    const key = this.#spec.outputKey;
    if (key === undefined) return result;
    const {layout} = flatten(result);
    const names = layout.kind === 'dict' ? layout.fields.map(([name]) => name) : undefined;
    checkOutputKey(key, names, describeLayout(layout));
    return (result as Record<string, unknown>)[key];
  }

  /** What the layer was told of its outputs' shapes must be so. */
  #checkShapes({leaves, layout}: FlatNest<tf.Tensor>, batch: number | undefined): void {
    const fixed = this.#fixed;
    if (fixed === undefined) return;
    if (!sameLayout(fixed.layout, layout)) {
      throw new CallError(
        `outputShape is given for ${describeLayout(fixed.layout)}, but the layer gives ${describeLayout(layout)}`,
      );
    }
    leaves.forEach(({shape}, i) => {
      const expected = [batch ?? null, ...fixed.specs[i]!.shape!];
      if (!fitsShape(shape, expected)) {
        throw new CallError(
          `an output has shape ${formatShape(shape)}, which outputShape ${formatShape(expected)} does not allow`,
        );
      }
    });
  }

  /** What the function gives for inputs of these specs. */
  outputs(layout: Layout, given: readonly Spec[]): NestSpec {
    const traces = this.#tracesFor(layout, given);
    const traced = this.#tracedOutputs(traces);
    const fixed = this.#fixed;
    if (fixed !== undefined) {
      const batch = given[0]?.shape?.[0] ?? null;
      return {
        layout: fixed.layout,
        specs: fixed.specs.map(({shape, dtype}, i) => ({
          shape: [batch, ...shape!],
          dtype: traced?.specs[i]?.dtype ?? dtype,
        })),
      };
    }
    const isBatchKnown = given[0]?.shape?.[0] != null;
    if (traced !== undefined && isComplete(traced.specs) && !isBatchKnown) return traced;
    let found: NestSpec;
    try {
      found = sampleSpecs((tensors) => this.run(tensors, layout, false, true), given);
    } catch (error) {
      // Inputs that no trace takes: the error says so.
      if (traces.length === 0 && this.#spec.function.traces.length > 0) throw error;
      // The function may refuse zeros, or the sizes tried; what the trace says holds nevertheless.
      if (traced?.specs.every(({shape}) => shape !== null)) return traced;
      throw new CallError(
        `the shapes of the outputs are not known, and cannot be found by a trial: ${error}; give the layer an outputShape`,
        {cause: error},
      );
    }
    if (hasComposite(found.layout)) throw compositeOutput('composite tensor');
    return found;
  }

  /** The traces that inputs of these specs may select. */
  #tracesFor(layout: Layout, given: readonly Spec[]): readonly LayerTrace[] {
    const specs = given.map(({shape, dtype}, i) => ({
      shape: fittingShape(shape, this.#wantedShapes(layout, i)),
      dtype,
    }));
    const {traces, defaults} = this.#spec.function;
    return matchingTraces(
      traces,
      {layout: this.#named(layout), specs},
      {...defaults, ...this.#kwargs(false)},
    );
  }

  /** What the first of the traces says that it gives; undefined where none does. */
  #tracedOutputs(traces: readonly LayerTrace[]): NestSpec | undefined {
    const output = traces.find((trace) => trace.output !== undefined)?.output;
    if (output === undefined) return undefined;
    const key = this.#spec.outputKey;
    if (key === undefined) return outputSpecOf(output);
    const names = output.kind === 'dict' || output.kind === 'namedTuple' ? output.fields : undefined;
    checkOutputKey(key, names && [...names.keys()], output.kind);
    return outputSpecOf(names!.get(key)!);
  }

  /** Shape and dtype of the function's input, where it is one tensor. */
  get input(): Spec | undefined {
    return this.#spec.function.traces.flatMap(({input}) => specsAt(input, {kind: 'leaf'}) ?? [])[0];
  }

  /** The dtype that the function takes in a place; undefined where it does not tell. */
  inputDType(layout: Layout, index: number): tf.DataType | undefined {
    for (const {input} of this.#spec.function.traces) {
      const spec = specsAt(input, this.#named(layout))?.[index];
      if (spec !== undefined) return spec.dtype;
    }
    return undefined;
  }

  /** The layout with its inputs called as the function calls them. */
  #named(layout: Layout): Layout {
    const {function: callee} = this.#spec;
    if (layout.kind !== 'dict' || callee.inputNamed === undefined) return layout;
    return {kind: 'dict', fields: layout.fields.map(([key, each]) => [callee.inputNamed!(key) ?? key, each])};
  }

  #wantedShapes(layout: Layout, index: number): PartialShape[] {
    return this.#spec.function.traces.flatMap(({input}) => {
      const specs = specsAt(input, this.#named(layout));
      return specs === undefined ? [] : [specs[index]!.shape];
    });
  }
}

function checkOutputKey(key: string, names: readonly string[] | undefined, type: string): void {
  if (names === undefined) {
    throw new CallError(`Specifying \`outputKey\` is forbidden if output type ${type} is not a dict.`);
  }
  if (!names.includes(key)) {
    throw new CallError(
      `KerasLayer output does not contain the output key ${key} (available: ${names.join(', ')}).`,
    );
  }
}

/**
 * `shape` as it is where an expected one allows it, else with a last dimension of 1 taken away or added: tfjs-layers makes
 * `[n, 1]` of all data of shape `[n]`.
 */
function fittingShape(shape: PartialShape, expected: readonly PartialShape[]): PartialShape {
  const fits = (candidate: readonly (number | null)[]) =>
    expected.some(
      (each) =>
        each === null ||
        (each.length === candidate.length &&
          each.every((dim, i) => dim === null || candidate[i] === null || dim === candidate[i])),
    );
  if (shape === null || expected.length === 0 || fits(shape)) return shape;
  if (shape.length > 1 && shape.at(-1) === 1 && fits(shape.slice(0, -1))) return shape.slice(0, -1);
  return fits([...shape, 1]) ? [...shape, 1] : shape;
}

function fitRank(tensor: tf.Tensor, expected: readonly PartialShape[]): tf.Tensor {
  const shape = fittingShape(tensor.shape, expected) as number[];
  return shape.length === tensor.rank ? tensor : tf.reshape(tensor, shape);
}
