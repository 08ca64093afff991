/**
 * What computes in the benchmarks that compare calls: processes that answer requests, and what both sides say to each other. A request and
 * an answer are a line of JSON each.
 *
 * @module
 */

import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

/** An input as a contender reads it: numbers from a file, strings from the request. */
export interface GivenInput {
  readonly dtype: 'float32' | 'int32' | 'string';
  readonly shape: readonly number[];
  readonly file?: string;
  readonly strings?: readonly string[];
}

export interface ContenderRequest {
  readonly inputs: Readonly<Record<string, GivenInput>>;
  /** How long to call the model; without, it is called once. */
  readonly milliseconds?: number;
  /** Directory into which the results of the last call go, as float32, a file named after each output. */
  readonly results?: string;
}

export interface ContenderAnswer {
  /** Of a call, the median. */
  readonly milliseconds: number;
  readonly calls: number;
  /** What the native engine says of the graphs that it has compiled since the last answer. */
  readonly compiled?: readonly CompiledGraph[];
}

/** A graph that was compiled. */
export interface CompiledGraph {
  readonly label: string;
  readonly sessions: number;
  readonly lowered: number;
  /** What stays with the interpreter, and why. */
  readonly interpreted: readonly {readonly op: string; readonly name: string; readonly reason: string}[];
}

/** A process that computes with one model and a number of threads. Its answers begin with `milliseconds`. */
export class Contender<
  Request = ContenderRequest,
  Answer extends {readonly milliseconds: number} = ContenderAnswer,
> {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;
  #errors = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args);
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stderr.on('data', (text) => (this.#errors += text));
    // What cannot be written is missed when the answer does not come.
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async ask(request: Request): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const {value, done} = await this.#lines.next();
      if (done) {
        await this.#ended;
        throw new Error(`${this.#child.spawnargs.join(' ')} ended:\n${this.#errors}`);
      }
      // Libraries print what they like.
      if (value.startsWith('{"milliseconds"')) return JSON.parse(value) as Answer;
    }
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
