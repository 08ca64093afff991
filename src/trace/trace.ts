/**
 * Traces a function: runs it on samples, reconciles what was recorded, and writes the graph.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import {flattenTensors, type TensorStructure} from '../graph/nest.js';
import {unobserved} from '../runtime/observer.js';
import {rememberDType} from '../tensors/meaning.js';
import {completeBackend} from '../tfjs/backend_kernels.js';
import {
  callStructure,
  type Nest,
  nestOf,
  outputStructure,
  type PythonValue,
  type SpecNest,
  sampled,
} from './argument_nests.js';
import {reconcile} from './reconcile.js';
import {record} from './record.js';
import type {Ref, SubRun} from './recording.js';
import {
  isHuge,
  looser,
  moreRuns,
  runAgain,
  runsFor,
  type Sampling,
  sampleShapes,
  sampleTensor,
  samplings,
} from './samples.js';
import {forShapesOnly} from './shapes_only.js';
import type {Steps} from './steps.js';
import type {TracedFunction} from './traced_function.js';
import {writeFunction} from './write_steps.js';

/** What to trace. */
export interface TraceRequest {
  readonly name: string;
  readonly argNames: readonly string[];
  readonly args: readonly SpecNest[];
  readonly kwargs: Readonly<Record<string, PythonValue>>;
  /** Runs the function on tensors in place of the specs. */
  run(args: readonly unknown[]): unknown;
}

/** What one run did and gave. */
interface Run extends SubRun {
  /** The results, with a number in place of each tensor. */
  readonly output: Nest;
  /** True where a result of an op had no elements. */
  readonly hasEmpty: boolean;
}

/**
 * Traces a function for one structure of arguments.
 *
 * @throws SaveError where the function cannot be a graph
 */
export function traceFunction(request: TraceRequest): TracedFunction {
  completeBackend('cpu');
  const {name, args, argNames, kwargs} = request;
  const inputs = callStructure(args, argNames, kwargs);
  const specs = flattenTensors(inputs);
  try {
    const parameters = specs.map((spec, i) => ({name: parameterName(spec.name, i), dtype: spec.dtype}));
    const {written, output} = forShapesOnly(() => {
      const {agreed, more} = recordAll(request, specs);
      const write = ({steps}: Agreement) => writeFunction({name, parameters, steps});
      const first = write(agreed);
      if (!first.hasFormulas) return {written: first, output: agreed.output};
      // What fits by chance fits no more with more runs.
      const confirmed = more();
      return {written: write(confirmed), output: confirmed.output};
    });
    const {graph, captures, callees, shapes} = written;
    const results = shapes.map((shape, i) => ({dtype: graph.results[i]!.dtype, shape}));
    const outputs = outputStructure(output, '', results[Symbol.iterator]());
    return {name, graph, inputs, outputs, captures, callees};
  } catch (error) {
    if (!(error instanceof SaveError)) throw error;
    throw new SaveError(`function '${name}' cannot be traced: ${error.message}`, {cause: error});
  }
}

/** What several runs of a function have in common. */
interface Agreement {
  readonly steps: Steps;
  readonly output: Nest;
}

/** What the runs that are always made agree on, and what more runs do. */
interface Recorded {
  readonly agreed: Agreement;
  more(): Agreement;
}

/** Runs the function until its runs agree on what it does. */
function recordAll(request: TraceRequest, specs: readonly TensorStructure[]): Recorded {
  let failure: unknown;
  let empty: readonly Run[] | undefined;
  const attempt = (sampling: Sampling): readonly Run[] | undefined => {
    if (isHuge(specs, sampling)) return undefined;
    const runs = runSamples(request, specs, (run) => sampleShapes(specs, sampling, run));
    if ('error' in runs) {
      failure ??= runs.error;
      return undefined;
    }
    // A window larger than a small sample leaves nothing: larger samples tell more.
    if (!runs.some(({hasEmpty}) => hasEmpty)) return runs;
    empty ??= runs;
    return undefined;
  };
  for (const sampling of samplings(specs)) {
    let runs = attempt(sampling);
    if (runs === undefined) continue;
    let loosest = sampling;
    for (const each of looser(sampling)) {
      const more = attempt(each);
      if (more !== undefined) [runs, loosest] = [more, each];
    }
    const another = (run: number) => runOnce(request, specs, sampleShapes(specs, loosest, run), run);
    const recorded = runs;
    return {
      agreed: agree(recorded, () => another(runAgain(0))),
      more: () => agree([...recorded, ...moreRuns(specs).map(another)], () => another(runAgain(0))),
    };
  }
  if (empty !== undefined) {
    const agreed = {steps: reconcile(empty), output: empty[0]!.output};
    return {agreed, more: () => agreed};
  }
  throw new SaveError(
    `it fails on a sample of its arguments: ${failure instanceof Error ? failure.message : failure}`,
    {
      cause: failure,
    },
  );
}

/** What all runs have in common. The first may differ from the others where it made what later ones use again. */
function agree(runs: readonly Run[], again: () => Run): Agreement {
  const sameOutput = (each: readonly Run[]) => {
    const [first] = each as [Run];
    if (each.some(({output}) => JSON.stringify(output) !== JSON.stringify(first.output))) {
      throw new SaveError('it gives results of another structure for other sizes of its arguments');
    }
    return {steps: reconcile(each), output: first.output};
  };
  try {
    return sameOutput(runs);
  } catch (error) {
    if (!(error instanceof SaveError)) throw error;
    try {
      return sameOutput([...runs.slice(1), again()]);
    } catch {
      throw error;
    }
  }
}

/** One run per sample; or why there are none. A function may take tensors of some ranks only. */
function runSamples(
  request: TraceRequest,
  specs: readonly TensorStructure[],
  shapesOf: (run: number) => number[][],
): readonly Run[] | {readonly error: unknown} {
  const anyRank = specs.some(({shape}) => shape === null);
  const runs = new Map<number, Run>();
  let failure: {readonly error: unknown} | undefined;
  const add = (run: number): boolean => {
    try {
      runs.set(run, runOnce(request, specs, shapesOf(run), run));
      return true;
    } catch (error) {
      if (error instanceof SaveError) throw error;
      failure ??= {error};
      return false;
    }
  };
  for (const run of runsFor(specs)) if (!add(run) && !anyRank) return failure!;
  const [first] = runs.keys();
  if (first === undefined) return failure!;
  // Sizes differ within one rank, too.
  for (let run = runAgain(first); anyRank && runs.size < 5; run = runAgain(run))
    if (!add(run)) return failure!;
  return [...runs.values()];
}

function runOnce(
  request: TraceRequest,
  specs: readonly TensorStructure[],
  shapes: readonly (readonly number[])[],
  run: number,
): Run {
  for (let attempt = 0; ; attempt++) {
    const {recording, result} = record((recorder) => {
      let next = 0;
      const sample = () => {
        const index = next++;
        const spec = specs[index]!;
        const tensor = unobserved(() => sampleTensor(spec, [...shapes[index]!], run));
        unobserved(() => rememberDType(tensor, spec.dtype));
        recorder.addParameter(tensor);
        return tensor;
      };
      const given = request.run(request.args.map((arg) => sampled(arg, sample)));
      const results: Ref[] = [];
      const output = nestOf(given, recorder, results);
      return {output, results};
    }, run);
    if (!recording.createdVariable) {
      const hasEmpty = recording.entries.some(
        ({what, outputs}) => what.kind === 'kernel' && outputs.some(({shape}) => shape.includes(0)),
      );
      return {recording, ...result, hasEmpty};
    }
    // As in TensorFlow, the first call may make variables, which the next one finds.
    if (attempt > 0) throw new SaveError('it makes a variable whenever it is called; make it once, outside');
  }
}

/** Names of parameters are lower-case identifiers. */
function parameterName(name: string, index: number): string {
  const clean = name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(clean) ? clean : `arg_${index}`;
}
