/**
 * The parameters of a function as Python knows them: what a saved function tells of its arguments.
 *
 * @module
 */

/** The parameters of a Python function, `self` dropped (Python's `inspect.getfullargspec`). */
export interface ArgumentSpec {
  readonly args: readonly string[];
  readonly varargs?: string;
  readonly varkw?: string;
  /** Defaults of the last `defaults.length` of `args`. */
  readonly defaults: readonly unknown[];
  readonly kwonlyargs: readonly string[];
  readonly kwonlydefaults: Readonly<Record<string, unknown>>;
}
