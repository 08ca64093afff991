/**
 * Compiles what a run needs of a graph: the numeric parts become sessions of ONNX Runtime, the rest stays with the interpreter.
 *
 * @module
 */

import {type Known, knownConstant} from '../graph/known.js';
import {inOnePiece, inThisTurn, type Pieces} from '../host/pieces.js';
import {fitsShape} from '../host/shape.js';
import type {CallInPieces} from '../ops/kernel.js';
import {Variable} from '../ops/variable/variable.js';
import type {CompiledRunnable, CompileHost, Compiler} from '../runtime/compiler.js';
import type {Runs} from '../runtime/inline.js';
import {lazily} from '../runtime/lazily.js';
import {checkArguments, type Runnable} from '../runtime/run.js';
import type {Value} from '../tensors/value.js';
import {isTaping} from '../tfjs/tape.js';
import {analyse, type CompileReport, declaredOf, knownHandle, reportOf} from './analyse.js';
import {assemble} from './assemble.js';
import type {Segment, SegmentOptions} from './segment.js';

/** A function may be compiled for arguments of so many kinds (ranks, variables); further ones are interpreted. */
const MAX_VARIANTS = 4;

/** How to compile. */
export interface CompileOptions extends SegmentOptions {
  /** Told of each graph that was compiled. */
  readonly onCompiled?: ((report: CompileReport) => void) | undefined;
}

/** A compiler that makes sessions with `options`. */
export function onnxCompiler(options: CompileOptions): Compiler {
  return {
    compile: (graph, request, interpreted, host) =>
      new CompiledGraph({graph, request}, lazily(interpreted), host, options),
  };
}

/** A graph that is compiled when it is first called, for what it is called with. */
class CompiledGraph implements CompiledRunnable {
  readonly #runs: Runs;
  readonly #host: CompileHost;
  readonly #options: CompileOptions;
  readonly #variants: Variant[] = [];
  readonly #interpreted: () => Runnable;

  constructor(runs: Runs, interpreted: () => Runnable, host: CompileHost, options: CompileOptions) {
    this.#runs = runs;
    this.#interpreted = interpreted;
    this.#host = host;
    this.#options = options;
  }

  run(args: readonly Value[]): Value[] {
    checkArguments(this.#runs.graph, this.#runs.request, args);
    const isCompiled = this.#options.runtime !== undefined && !isTaping();
    const runnable = isCompiled ? this.#variantFor(args)?.runnable : undefined;
    return (runnable ?? this.#interpreted()).run(args);
  }

  async runAsync(args: readonly Value[], call: CallInPieces): Promise<readonly Value[]> {
    const variant = call.run(() => {
      checkArguments(this.#runs.graph, this.#runs.request, args);
      return this.#variantFor(args);
    });
    while (variant !== undefined && !variant.isReady) {
      await call.pause();
      call.run(() => variant.advance());
    }
    return (variant?.runnable ?? call.run(this.#interpreted)).runAsync(args, call);
  }

  /** The compiled form for such arguments, which may have to be finished; undefined where there is to be none. */
  #variantFor(args: readonly Value[]): Variant | undefined {
    const known = this.#variants.find((each) => each.fits(args));
    if (known !== undefined || this.#variants.length >= MAX_VARIANTS) return known;
    // Where a function is called with other constants than before, its other forms take them as they take what users give.
    const isConstant = (value: Value) => this.#variants.length === 0 && this.#host.isConstant(value);
    const given = args.map((arg, i) =>
      givenBy(arg, declaredOf(this.#runs.graph, this.#runs.request.feeds[i]!), isConstant(arg)),
    );
    const made = new Variant(this.#runs, given, this.#host, this.#options);
    if (!made.fits(args)) return undefined;
    this.#variants.push(made);
    return made;
  }

  dispose(): void {
    for (const each of this.#variants) each.dispose();
  }
}

/** A graph compiled for arguments of one kind, at the first call of it. */
class Variant {
  readonly #given: readonly Given[];
  #segments: readonly Segment[] = [];
  readonly #pieces: Pieces<Runnable | undefined>;
  /** Undefined until it is compiled. */
  #compiled: {readonly result: Runnable | undefined} | undefined;

  constructor(runs: Runs, given: readonly Given[], host: CompileHost, options: CompileOptions) {
    this.#given = given;
    this.#pieces = this.#compile(runs, host, options);
  }

  /** Undefined where there is nothing to compile. Compiles what is left to be compiled. */
  get runnable(): Runnable | undefined {
    this.#compiled ??= {result: inOnePiece(this.#pieces)};
    return this.#compiled.result;
  }

  get isReady(): boolean {
    return this.#compiled !== undefined;
  }

  /** Compiles as much as there is time for in this turn of the event loop. */
  advance(): void {
    this.#compiled ??= inThisTurn(this.#pieces);
  }

  /** Whether arguments are of the kind. */
  fits(args: readonly Value[]): boolean {
    return this.#given.every(({known, resource, constant}, i) => {
      const arg = args[i]!;
      if (constant !== undefined) return arg === constant;
      if (resource !== undefined) return resourceOf(arg) === resource;
      return arg.dtype === known.dtype && fitsShape(arg.shape, known.shape);
    });
  }

  *#compile(runs: Runs, host: CompileHost, options: CompileOptions): Pieces<Runnable | undefined> {
    const analysed = yield* analyse(
      runs,
      this.#given.map(({known}) => known),
      host.library,
    );
    if (analysed === undefined) return undefined;
    yield;
    options.onCompiled?.(reportOf(analysed));
    if (analysed.parts.length === 0) return undefined;
    const {runnable, segments} = yield* assemble(analysed, host, options);
    this.#segments = segments;
    return runnable;
  }

  dispose(): void {
    for (const segment of this.#segments) segment.dispose();
  }
}

/** What is known of an argument, and what it must be: lead to a resource, or be a constant. */
interface Given {
  readonly known: Known;
  readonly resource?: object;
  readonly constant?: Value;
}

/** What is known of an argument of a function that is compiled for it: what the function says, its rank, and its variable or value. */
function givenBy(arg: Value, declared: Known, isConstant: boolean): Given {
  const resource = resourceOf(arg);
  if (resource instanceof Variable) return {known: knownHandle(resource), resource};
  if (resource !== undefined) return {known: declared, resource};
  const {dtype} = arg;
  if (isConstant && dtype !== 'variant') {
    return {known: knownConstant({dtype, shape: arg.shape, data: arg.hostData()}), constant: arg};
  }
  return {known: {...declared, dtype, shape: declared.shape ?? arg.shape.map(() => null)}};
}

function resourceOf(value: Value): object | undefined {
  return value.dtype === 'resource' ? (value.hostData() as readonly object[])[0] : undefined;
}
