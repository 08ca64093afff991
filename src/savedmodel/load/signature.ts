/**
 * Signatures: the functions of a model that take and give named tensors.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError, FormatError} from '../../errors.js';
import type {Structure} from '../../graph/nest.js';
import type {DType} from '../../host/dtypes.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import type {HostTensor} from '../../host/tensor.js';
import type {SignatureDef, TensorInfo} from '../../proto/index.js';
import {Value} from '../../tensors/value.js';
import {describeInput, type ExactTensor, type TensorInput, type TensorOutput} from '../boundary.js';
import {
  type CallOptions,
  ConcreteFunction,
  checkCallOptions,
  type ExactCallOptions,
  type PlainCallOptions,
} from './concrete_function.js';
import {callWithOtherShapes, callWithOtherShapesAsync, type OtherShape} from './declared_shapes.js';
import {matchNames, parameterNamed} from './parameter_names.js';
import {bindAnyShape, bindStructure} from './restored_function.js';

/** A named tensor of a signature. */
export interface SignatureTensor {
  readonly name: string;
  readonly dtype: DType;
  /** null where the rank is unknown, null in place of an unknown dimension. */
  readonly shape: PartialShape;
  /** The tensor in the main graph, such as `serving_default_x:0`; absent for what is made of several. */
  readonly node?: string;
}

/**
 * A signature of a loaded model: takes an object of inputs by name (or the bare input, where there is only one) and
 * gives an object of outputs by name. Inputs go by the names that the file has (`input.1`), by the identifiers that
 * TensorFlow makes of them (`input_1`), or a mixture. A tensor may have another shape than the declared one, as in
 * TensorFlow, where the graph allows it; signatures of TensorFlow 1 are strict.
 */
export interface Signature<
  Inputs = Readonly<Record<string, TensorInput>> | TensorInput,
  Outputs extends string = string,
> {
  (inputs?: Inputs, options?: PlainCallOptions): Record<Outputs, tf.Tensor>;
  (inputs: Inputs, options: ExactCallOptions): Record<Outputs, ExactTensor>;
  (inputs?: Inputs, options?: CallOptions): Record<Outputs, TensorOutput>;
  /**
   * The same call without holding up the event loop: see {@link RestoredFunction.async}.
   *
   * @example
   * const {logits} = await model.signatures.serving_default.async({image}, {signal: AbortSignal.timeout(500)});
   */
  async(inputs?: Inputs, options?: PlainCallOptions): Promise<Record<Outputs, tf.Tensor>>;
  async(inputs: Inputs, options: ExactCallOptions): Promise<Record<Outputs, ExactTensor>>;
  async(inputs?: Inputs, options?: CallOptions): Promise<Record<Outputs, TensorOutput>>;
  readonly inputs: Readonly<Record<string, SignatureTensor>>;
  readonly outputs: Readonly<Record<string, SignatureTensor>>;
  /** The method that serving uses it for, such as `tensorflow/serving/predict`. */
  readonly methodName: string;
  /** Inputs that need not be given. */
  readonly defaults: ReadonlyMap<string, HostTensor>;
  readonly concreteFunction: ConcreteFunction;
}

/** True for signatures, as against functions, which have several traces. */
export function isLoadedSignature(value: unknown): value is Signature {
  return (
    typeof value === 'function' && (value as Partial<Signature>).concreteFunction instanceof ConcreteFunction
  );
}

/** What makes a signature. */
export interface SignatureSpec {
  readonly name: string;
  readonly methodName: string;
  /** Inputs by the names that the file has, in the order in which the function takes them. */
  readonly inputs: readonly (readonly [string, Structure])[];
  readonly outputs: readonly (readonly [string, Structure])[];
  readonly defaults: ReadonlyMap<string, HostTensor>;
  readonly concreteFunction: ConcreteFunction;
  /** Whether inputs must have the declared shapes. TensorFlow 2 leaves that to the graph. */
  readonly checksShapes: boolean;
  /** What the file says of them; undefined where it says nothing. */
  readonly def: Pick<SignatureDef, 'inputs' | 'outputs'> | undefined;
}

/** Makes the callable form of a signature. */
export function makeSignature(spec: SignatureSpec): Signature {
  const {name, concreteFunction, methodName, defaults} = spec;
  const inputs = spec.inputs.map(describeTensor);
  const names = inputs.map((input) => input.name);
  const bind = (given: unknown, values: Value[], others: OtherShape[]): void => {
    const {byParameter, rest} = matchNames(names, byName(given, inputs));
    const [unknown] = rest;
    if (unknown !== undefined) {
      const again = parameterNamed(names, unknown);
      throw new CallError(
        again === undefined
          ? `signature '${name}' has no input '${unknown}'; it takes ${describe(inputs)}`
          : `signature '${name}' is given its input '${again}' twice, the second time as '${unknown}'`,
      );
    }
    spec.inputs.forEach(([key, structure], i) => {
      const input = byParameter.get(key);
      const preset = defaults.get(key);
      const what = `input '${key}' of signature '${name}'`;
      if (input === undefined && preset !== undefined) {
        values.push(Value.of(preset));
      } else if (input === undefined) {
        throw new CallError(`signature '${name}' needs the input '${key}'; it takes ${describe(inputs)}`);
      } else if (
        spec.checksShapes
          ? !bindStructure(input, structure, true, values)
          : !bindAnyShape(input, structure, what, values, others)
      ) {
        const {dtype, shape} = inputs[i]!;
        throw new CallError(`${what} must be ${dtype} ${formatShape(shape)}, got ${describeInput(input)}`);
      }
    });
  };
  const bound = (given: unknown): {values: readonly Value[]; others: readonly OtherShape[]} => {
    const values: Value[] = [];
    const others: OtherShape[] = [];
    try {
      bind(given, values, others);
    } catch (error) {
      // What was converted for nothing.
      for (const value of values) value.retain().release();
      throw error;
    }
    return {values, others};
  };
  const call = (given: unknown = {}, options: CallOptions = {}): Record<string, TensorOutput> => {
    checkCallOptions(options);
    const {values, others} = bound(given);
    return callWithOtherShapes(
      others,
      () => concreteFunction.call(values, options) as Record<string, TensorOutput>,
    );
  };
  const async = async (given: unknown = {}, options: CallOptions = {}) => {
    checkCallOptions(options);
    const {values, others} = bound(given);
    return callWithOtherShapesAsync(
      others,
      () => concreteFunction.callAsync(values, options) as Promise<Record<string, TensorOutput>>,
    );
  };
  const table = (tensors: readonly SignatureTensor[], infos: SignatureDef['inputs'] | undefined) =>
    Object.fromEntries(tensors.map((each) => [each.name, withNode(each, infos?.get(each.name))]));
  return Object.assign(call, {
    async,
    inputs: table(inputs, spec.def?.inputs),
    // An operation that is run for its effect stands among the results, and is no tensor.
    outputs: table(
      spec.outputs.filter(([, {kind}]) => kind !== 'none').map(describeTensor),
      spec.def?.outputs,
    ),
    methodName,
    defaults,
    concreteFunction,
    // Whether they are exact, the options say.
  }) as Signature;
}

function withNode(tensor: SignatureTensor, info: TensorInfo | undefined): SignatureTensor {
  const node = info === undefined ? undefined : tensorName(info);
  return node === undefined ? tensor : {...tensor, node};
}

/** The tensor of a signature in the graph, as in `x:0`; undefined for what is made of several. */
export function tensorName({encoding}: TensorInfo): string | undefined {
  return encoding?.$case === 'name' ? encoding.value : undefined;
}

function describeTensor([name, structure]: readonly [string, Structure]): SignatureTensor {
  if (structure.kind === 'tensor') return {name, dtype: structure.dtype, shape: structure.shape};
  if (structure.kind === 'composite') {
    return {name, dtype: structure.dtype ?? 'variant', shape: structure.shape ?? null};
  }
  throw new FormatError(`'${name}' of a signature is no tensor`);
}

/** The inputs by name; a bare tensor is the only input. */
function byName(given: unknown, inputs: readonly SignatureTensor[]): Readonly<Record<string, unknown>> {
  const isNamed =
    typeof given === 'object' &&
    given !== null &&
    !(given instanceof tf.Tensor) &&
    !Array.isArray(given) &&
    !ArrayBuffer.isView(given) &&
    !('dtype' in given && 'shape' in given && 'data' in given);
  if (isNamed) return given as Record<string, unknown>;
  if (inputs.length === 1) return {[inputs[0]!.name]: given};
  throw new CallError(`a signature with ${inputs.length} inputs takes them by name: ${describe(inputs)}`);
}

function describe(inputs: readonly SignatureTensor[]): string {
  if (inputs.length === 0) return 'no inputs';
  return inputs.map(({name, dtype, shape}) => `${name}: ${dtype} ${formatShape(shape)}`).join(', ');
}
