/**
 * Why a node stays with the interpreter.
 *
 * @module
 */

/** Thrown by rules and builders, and kept as the reason: users meet it in what `tfhub ops` tells, and in errors of `tfhub export-onnx`. */
export class NotLowered extends Error {
  override readonly name = 'NotLowered';
}

/** Gives up on lowering a node. */
export function notLowered(reason: string): never {
  throw new NotLowered(reason);
}
