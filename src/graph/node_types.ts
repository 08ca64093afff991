/**
 * Which tensors a node takes and gives, by its op's definition and its attributes.
 *
 * @module
 */

import type {DType} from '../host/dtypes.js';
import type {Attrs} from './attrs.js';
import type {ArgDef, ArgType} from './op_defs.js';

/** One tensor of an argument. */
export interface ArgTensor {
  readonly arg: ArgDef;
  readonly dtype: DType;
}

/** How many tensors an argument is. */
export function argLength(arg: ArgDef, attrs: Attrs): number {
  switch (arg.kind) {
    case 'single':
      return 1;
    case 'repeated':
      return attrs.count(arg.numberAttr);
    case 'list':
      return attrs.dtypes(arg.typeListAttr).length;
  }
}

/** How many tensors arguments are together. */
export function tensorCount(args: readonly ArgDef[], attrs: Attrs): number {
  let count = 0;
  for (const arg of args) count += argLength(arg, attrs);
  return count;
}

/** The dtype of tensor number `index` of these arguments; undefined where they are fewer. No list of all is made. */
export function dtypeAt(args: readonly ArgDef[], attrs: Attrs, index: number): DType | undefined {
  let first = 0;
  for (const arg of args) {
    const length = argLength(arg, attrs);
    if (index < first + length) {
      return arg.kind === 'list' ? attrs.dtypes(arg.typeListAttr)[index - first] : dtypeOf(arg.type, attrs);
    }
    first += length;
  }
  return undefined;
}

/**
 * The tensors of a definition's inputs or outputs in order, list arguments spread out.
 *
 * @throws FormatError where an attribute that tells is missing or of another type.
 */
export function argTensors(args: readonly ArgDef[], attrs: Attrs): ArgTensor[] {
  return args.flatMap((arg): ArgTensor[] => {
    if (arg.kind === 'list') return attrs.dtypes(arg.typeListAttr).map((dtype) => ({arg, dtype}));
    const dtype = dtypeOf(arg.type, attrs);
    return arg.kind === 'single' ? [{arg, dtype}] : new Array(argLength(arg, attrs)).fill({arg, dtype});
  });
}

/** The dtype that an argument's tensors have. */
export function dtypeOf(type: ArgType, attrs: Attrs): DType {
  return 'dtype' in type ? type.dtype : attrs.dtype(type.typeAttr);
}
