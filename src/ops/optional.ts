/**
 * Optionals: a variant that holds tensors or nothing.
 *
 * @module
 */

import {invalid, type Kernel, type OpFamily} from './kernel.js';
import {Value, type Variant} from './value.js';

class Optional implements Variant {
  readonly kind = 'optional';

  /** @param held - undefined for an optional that holds nothing */
  constructor(readonly held: readonly Value[] | undefined) {}

  values(): Iterable<Value> {
    return this.held ?? [];
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
