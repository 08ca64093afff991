/**
 * Optionals: a variant that holds tensors or nothing.
 *
 * @module
 */

import {CallError} from '../../errors.js';
import {Value, type Variant} from '../../tensors/value.js';
import type {Kernel, OpFamily} from '../kernel.js';
import {invalid} from '../node.js';

class Optional implements Variant {
  readonly kind = 'optional';

  /** @param held - undefined for an optional that holds nothing */
  constructor(readonly held: readonly Value[] | undefined) {}

  values(): Iterable<Value> {
    return this.held ?? [];
  }

  zerosLike(zeros: (value: Value) => Value): Optional {
    return new Optional(this.held?.map(zeros));
  }

  plus(other: Variant, add: (a: Value, b: Value) => Value): Optional {
    if (!(other instanceof Optional)) throw new CallError(`an optional and a ${other.kind} cannot be added`);
    if (this.held === undefined && other.held === undefined) return this;
    if (this.held?.length !== other.held?.length) {
      throw new CallError('optionals of which one holds other values than the other cannot be added');
    }
    return new Optional(this.held?.map((value, i) => add(value, other.held![i]!)));
  }
}

const getValue: Kernel = ([value], ctx) => {
  const {held} = value!.object(Optional);
  if (held === undefined) throw invalid(ctx, 'the optional holds no value');
  return held;
};

/** Ops on optionals. */
export const optionals: OpFamily = {
  OptionalFromValue: {kernel: (components) => Value.object('variant', new Optional(components))},
  OptionalNone: {kernel: () => Value.object('variant', new Optional(undefined))},
  OptionalHasValue: {
    kernel: ([value]) => Value.scalar('bool', value!.object(Optional).held !== undefined),
  },
  OptionalGetValue: {kernel: getValue},
};
