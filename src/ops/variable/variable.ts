/**
 * Variables: the resource behind `VarHandleOp` and `VariableV2`.
 *
 * A variable shows itself to users as a `tf.Variable`. What tfjs cannot hold exactly (int64, float64, ...) is kept
 * beside it in TensorFlow's own dtype until somebody assigns the `tf.Variable`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../errors.js';
import {outsideBounds} from '../../host/budget.js';
import {type DType, isFloating, isInteger, lanes} from '../../host/dtypes.js';
import type {LazyTensor} from '../../host/lazy_tensor.js';
import {fitsShape, formatShape, type PartialShape, sameShape} from '../../host/shape.js';
import type {HostTensor} from '../../host/tensor.js';
import {fromParts, partsOfTensor} from '../../tensors/complex_tensors.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {convertElements} from '../../tensors/host.js';
import {type Resource, Value} from '../../tensors/value.js';
import {dataOf} from '../../tfjs/data.js';
import {isOnHostBackend, onHostBackend} from '../../tfjs/host_backend.js';
import {clone} from '../../tfjs/kernels.js';
import {isTaping} from '../../tfjs/tape.js';
import {yieldingVariable} from '../../tfjs/variable_names.js';

/** How a variable is declared. */
export interface VariableSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
  readonly trainable: boolean;
}

/** dtypes a `tf.Variable` holds exactly, whatever is assigned to it. */
const NATIVE: ReadonlySet<DType> = new Set<DType>(['float32', 'int32', 'bool', 'complex64']);

/** Which variable a `tf.Variable` shows. */
const FACES = new WeakMap<tf.Variable, Variable>();

/** The `tf.Variable`s that show variables of models, as opposed to those that users made. */
const LOADED = new WeakSet<tf.Variable>();

/** Variables of users that stand for ones of other dtypes, by those. */
const STAND_INS = new WeakMap<tf.Variable, Map<DType, Variable>>();

/** Whether tfjs has a dtype for want of its own: int32 for the integers, float32 for the floats. */
function isShownAs(dtype: DType, shown: tf.DataType): boolean {
  if (dtype === shown) return true;
  return (shown === 'int32' && isInteger(dtype)) || (shown === 'float32' && isFloating(dtype));
}

/** A variable of a model. */
export class Variable implements Resource {
  readonly kind = 'variable';
  readonly name: string;
  readonly dtype: DType;
  readonly shape: PartialShape;
  readonly trainable: boolean;
  /** What users see. For a native dtype this is the value itself. */
  #face: tf.Variable | undefined;
  /** The value of a dtype that is not native, in that dtype. */
  #exact: Value | undefined;
  /** The value as long as it is in its file. */
  #stored: LazyTensor | undefined;
  /** What {@link state} goes on to give for a value that was read from its file. */
  #readState: {readonly read: object; readonly state: object} | undefined;
  /** Whether somebody outside may hold the face, or differentiate with respect to it. */
  #isShown = false;
  /** The face's data when it was last brought in step with {@link #exact}. */
  #facedData: object | undefined;

  constructor(spec: VariableSpec) {
    this.name = spec.name;
    this.dtype = spec.dtype;
    this.shape = spec.shape;
    this.trainable = spec.trainable;
  }

  /**
   * The variable that `face` shows; a `tf.Variable` of the user's own becomes one, and stays the same one.
   *
   * @param dtype - what a variable of the user's may stand for, where that is a dtype which tfjs shows as the face's: an
   *   int32 variable for int64. A loaded variable has its own.
   */
  static of(face: tf.Variable, dtype: DType = face.dtype as DType): Variable {
    const known = FACES.get(face);
    if (known !== undefined && (known.dtype === dtype || LOADED.has(face))) return known;
    if (!isShownAs(dtype, face.dtype)) return Variable.of(face);
    const own = new Variable({name: face.name, dtype, shape: face.shape, trainable: face.trainable});
    own.#face = face;
    if (dtype === face.dtype) {
      FACES.set(face, own);
      return own;
    }
    const standIns = STAND_INS.get(face) ?? new Map<DType, Variable>();
    STAND_INS.set(face, standIns);
    const standIn = standIns.get(dtype) ?? own;
    standIns.set(dtype, standIn);
    return standIn;
  }

  get initialized(): boolean {
    return this.#stored !== undefined || this.#exact !== undefined || this.#face !== undefined;
  }

  /** Where the value lies, as long as nobody needed it in memory. */
  get stored(): LazyTensor | undefined {
    return this.#stored;
  }

  /**
   * Stands for the value that it has now: another object after each assignment.
   *
   * @throws FormatError where the value is in a file that turned out to be damaged.
   */
  get state(): object {
    if (this.#stored !== undefined) {
      this.#stored.check();
      return this.#stored;
    }
    const held = this.#heldState();
    return this.#readState?.read === held ? this.#readState.state : held;
  }

  #heldState(): object {
    if (this.#face !== undefined && NATIVE.has(this.dtype)) return dataOf(this.#face);
    this.#adoptFace();
    if (this.#exact === undefined) throw this.#uninitialized();
    return this.#exact;
  }

  /** The value now. It stays what it is when the variable is assigned afterwards. */
  read(): Value {
    this.#load();
    const face = this.#face;
    if (face !== undefined && this.#watched && lanes(this.dtype) === 2) {
      return fromParts(partsOfTensor(face, `variable '${this.name}'`), this.dtype);
    }
    if (face !== undefined && (this.#watched || NATIVE.has(this.dtype))) {
      return fromTensor(clone(face), this.dtype);
    }
    this.#adoptFace();
    if (this.#exact === undefined) throw this.#uninitialized();
    return this.#exact;
  }

  /**
   * The value for a kernel that picks a few elements: in host memory where that costs nothing and no gradient asks for
   * more, else as {@link read} gives it.
   */
  readInPlace(): Value {
    this.#load();
    const face = this.#face;
    if (face === undefined || this.#watched || !NATIVE.has(this.dtype) || !isOnHostBackend(face))
      return this.read();
    return Value.host(this.dtype, face.shape, Value.device(face).hostData());
  }

  /** Takes a new value, where it is. Its dtype and shape must be the variable's. */
  assign(value: Value): void {
    this.#checkFits(value);
    if (value.inFile !== undefined) {
      this.assignLazily(value.inFile.retain());
      return;
    }
    // Who watches exact values is told of the one before.
    if (onExactChange === undefined) this.#forget();
    else this.#load();
    this.#take(value);
  }

  /**
   * Takes a value that stays in its file until somebody needs it in memory, and releases it.
   *
   * @throws CallError as {@link assign} does.
   */
  assignLazily(stored: LazyTensor): void {
    try {
      this.#checkFits(stored);
    } catch (error) {
      stored.release();
      throw error;
    }
    this.dispose();
    this.#stored = stored;
  }

  /** The variable's shape now: known in full even where the declared one is not. */
  currentShape(): readonly number[] {
    const shape = this.#stored?.shape ?? this.#face?.shape ?? this.#exact?.shape;
    if (shape === undefined) throw this.#uninitialized();
    return shape;
  }

  /**
   * The variable as users see it: float32 for the other real floats, int32 for the other integers. An integer variable
   * with a value beyond int32 (the state of a random generator) shows itself as float32, rounded.
   */
  face(): tf.Variable {
    this.#isShown = true;
    this.#load();
    if (this.#face === undefined) {
      if (this.#exact === undefined) throw this.#uninitialized();
      const exact = this.#exact;
      tf.tidy(() => this.#setFace(faceTensor(exact)));
    }
    return this.#face!;
  }

  /** The exact value in TensorFlow's dtype. */
  exact(): HostTensor {
    // Who saves a model does not need it in memory.
    if (this.#stored !== undefined) return this.#stored.read();
    const value = this.readInPlace();
    const {dtype, shape} = value;
    const tensor = {dtype, shape, data: value.hostData()};
    value.deviceTensor?.dispose();
    return tensor;
  }

  /** Removes the value and frees its memory; the variable can be assigned again. */
  dispose(): void {
    this.#tellChange();
    this.#forget();
    this.#face?.dispose();
    this.#face = undefined;
    this.#setExact(undefined);
  }

  /** Frees the value of a variable whose model is gone, unless somebody may hold the `tf.Variable`. */
  abandon(): void {
    if (!this.#isShown) this.dispose();
  }

  #checkFits({dtype, shape}: {readonly dtype: DType; readonly shape: readonly number[]}): void {
    if (dtype === this.dtype && fitsShape(shape, this.shape)) return;
    throw new CallError(
      `variable '${this.name}' is ${this.dtype} ${formatShape(this.shape)} and cannot take ` +
        `${dtype} ${formatShape(shape)}`,
    );
  }

  /** Brings a value that is in its file into memory. It stays the same value: {@link state} does not change. */
  #load(): void {
    const stored = this.#stored;
    if (stored === undefined) return;
    outsideBounds(() => {
      const value = Value.of(stored.read());
      this.#stored = undefined;
      // It stays in host memory until a backend needs it.
      onHostBackend(() => this.#take(value));
    });
    this.#readState = {read: this.#heldState(), state: stored};
    stored.release();
  }

  #take(value: Value): void {
    if (!NATIVE.has(this.dtype)) {
      this.#tellChange();
      tf.tidy(() => {
        const shown = this.#face === undefined ? undefined : this.#shown(value);
        this.#setExact(Value.host(this.dtype, value.shape, value.hostData()));
        if (shown !== undefined) this.#setFace(shown);
      });
      return;
    }
    tf.tidy(() => this.#setFace(value.tensor()));
  }

  #forget(): void {
    this.#stored?.release();
    this.#stored = undefined;
    this.#readState = undefined;
  }

  /** True when a gradient with respect to this variable may be asked for. */
  get #watched(): boolean {
    const isDifferentiable = isFloating(this.dtype) || lanes(this.dtype) === 2;
    const watched = this.trainable && isDifferentiable && this.#face !== undefined && isTaping();
    if (watched) this.#isShown = true;
    return watched;
  }

  /** What the face is to show. One of the user's own stays what it is, and may not be able to. */
  #shown(value: Value): tf.Tensor {
    const tensor = faceTensor(value);
    const face = this.#face!;
    if (LOADED.has(face) || face.dtype === tensor.dtype) return tensor;
    throw new CallError(
      `the ${face.dtype} variable '${this.name}' stands for ${this.dtype} and cannot hold what is assigned: a number is ` +
        `beyond ${face.dtype}; a loaded variable can`,
    );
  }

  /** Follows a face that the user, or an optimizer, has assigned. */
  #adoptFace(): void {
    const face = this.#face;
    if (face === undefined || dataOf(face) === this.#facedData) return;
    const source = Value.device(face);
    const data =
      this.dtype === 'string'
        ? source.hostData()
        : convertElements(source.numeric(), source.dtype, this.dtype);
    this.#setExact(Value.host(this.dtype, face.shape, data));
    this.#facedData = dataOf(face);
  }

  /** See {@link watchExactValues}. */
  #tellChange(): void {
    if (onExactChange === undefined || NATIVE.has(this.dtype)) return;
    this.#adoptFace();
    if (this.#exact !== undefined) onExactChange(this, this.#exact);
  }

  /** To be called before somebody assigns `face`, so that who watches exact values hears of that one. */
  static faceChanges(face: tf.Variable): void {
    const variable = FACES.get(face);
    if (variable !== undefined) variable.#tellChange();
  }

  #setFace(tensor: tf.Tensor): void {
    const face = this.#face;
    if (face !== undefined && face.dtype === tensor.dtype && sameShape(face.shape, tensor.shape)) {
      face.assign(tensor);
    } else {
      face?.dispose();
      this.#face = yieldingVariable(tensor, this.trainable, this.name);
      FACES.set(this.#face, this);
      LOADED.add(this.#face);
    }
    this.#facedData = dataOf(this.#face!);
  }

  #setExact(value: Value | undefined): void {
    this.#exact?.unpin();
    this.#exact = value?.pin();
  }

  #uninitialized(): CallError {
    return new CallError(
      `variable '${this.name}' is read before it has a value; initialise or restore it first`,
    );
  }
}

let onExactChange: ((variable: Variable, before: Value) => void) | undefined;

/**
 * Has `listener` told of every variable whose exact value is about to change, with the value that it has: what is kept beside
 * the `tf.Variable` changes without an assignment that tfjs could tell of. The function returned ends it.
 */
export function watchExactValues(listener: (variable: Variable, before: Value) => void): () => void {
  onExactChange = listener;
  return () => {
    onExactChange = undefined;
  };
}

/** The tfjs tensor that shows a value of a dtype tfjs does not know. */
function faceTensor(value: Value): tf.Tensor {
  if (isInteger(value.dtype) && value.numeric().some((x: number | bigint) => Number(x) !== (Number(x) | 0))) {
    return tf.tensor(Float32Array.from(value.numeric(), Number), value.shape as number[]);
  }
  return value.tensor();
}
