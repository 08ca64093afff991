/**
 * Names of arguments as a file has them, such as `input.1`, and as TensorFlow makes identifiers of them: `input_1`. A call
 * may use either.
 *
 * Source: `sanitize_arg_name` in `tensorflow/core/function/polymorphism/function_type.py`.
 *
 * @module
 */

/** The identifier that TensorFlow makes of a name: letters and digits stay, and it begins with a letter. */
export function identifierOf(name: string): string {
  const swapped = name.replace(/[^\p{L}\p{N}]/gu, '_');
  return /^\p{L}/u.test(swapped) ? swapped : `arg_${swapped}`;
}

/** What a call gives by name, by the parameters it is for. */
export interface NamedArguments {
  readonly byParameter: ReadonlyMap<string, unknown>;
  /** Names that are no parameter's, or a second one for the same. */
  readonly rest: readonly string[];
}

/**
 * Finds the parameters that names of a call stand for: first those of the very name, then those of which the same
 * identifier is made. Names of which that leaves several parameters are none's.
 */
export function matchNames(
  parameters: Iterable<string>,
  given: Readonly<Record<string, unknown>>,
): NamedArguments {
  const byParameter = new Map<string, unknown>();
  const open = new Set(parameters);
  const others: string[] = [];
  for (const name of Object.keys(given)) {
    if (open.delete(name)) byParameter.set(name, given[name]);
    else others.push(name);
  }
  const rest = others.filter((name) => {
    const identifier = identifierOf(name);
    const fitting = [...open].filter((parameter) => identifierOf(parameter) === identifier);
    if (fitting.length !== 1) return true;
    open.delete(fitting[0]!);
    byParameter.set(fitting[0]!, given[name]);
    return false;
  });
  return {byParameter, rest};
}

/** The parameter that a name stands for. */
export function parameterNamed(parameters: Iterable<string>, name: string): string | undefined {
  const {byParameter} = matchNames(parameters, {[name]: undefined});
  const [found] = byParameter.keys();
  return found;
}
