/**
 * What TensorFlow computes of calls of `text_calls.ts`: one process of Python answers all of them, through files.
 *
 * @module
 */

import {spawn} from 'node:child_process';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {ENVIRONMENT, textPackages} from './tensorflow.js';
import type {TextCall} from './text_calls.js';
import type {Output} from './text_compute.js';
import type {Column} from './text_corpus.js';

/** Rows that TensorFlow computed together: their results, or that they are refused. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly outputs?: readonly Output[];
  readonly error?: string;
}

/** What is asked: rows of a call, so many at a time. */
export interface Question {
  readonly call: TextCall;
  readonly start: number;
  readonly end: number;
  readonly chunk: number;
}

/** TensorFlow, in Python. */
export class Answers {
  readonly #folder: string;
  readonly #child: ReturnType<typeof start>;
  /** What was asked and not answered. */
  readonly #open: TextCall[] = [];
  readonly #lines: AsyncIterator<string>;
  #errors = '';
  #asked = 0;
  #answered = 0;

  /** @param folder - of its own, for columns and answers */
  constructor(folder: string, python: string) {
    this.#folder = folder;
    this.#child = start(python, folder);
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    this.#lines = createInterface({input: this.#child.stdout})[Symbol.asyncIterator]();
  }

  /** Gives it columns. */
  write(columns: Readonly<Record<string, Column>>): void {
    writeColumns(this.#folder, columns);
  }

  /** Has it write the models of SentencePiece, and what else only Python has. It needs the columns. */
  async writeModels(): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify({models: true})}\n`);
    await this.#line();
  }

  /** Answers come in the order of the questions. */
  ask({call, ...rows}: Question): void {
    this.#open.push(call);
    this.#child.stdin.write(`${JSON.stringify({id: this.#asked++, ...call, ...rows})}\n`);
  }

  /** The answer to the next question. */
  async next(): Promise<Part[]> {
    await this.#line();
    const [json, bin] = ['json', 'bin'].map((ending) => join(this.#folder, `${this.#answered}.${ending}`));
    this.#answered++;
    this.#open.shift();
    const parts = JSON.parse(readFileSync(json!, 'utf8')) as {
      start: number;
      end: number;
      error?: string;
      outputs?: {dtype: string; shape: number[]; bytes: number}[];
    }[];
    const data = readFileSync(bin!);
    for (const file of [json, bin]) rmSync(file!);
    let at = 0;
    return parts.map(({outputs, ...part}) => ({
      ...part,
      ...(outputs && {
        outputs: outputs.map(({bytes, ...spec}) => ({...spec, bytes: data.subarray(at, (at += bytes))})),
      }),
    }));
  }

  end(): void {
    this.#child.stdin.end();
  }

  async #line(): Promise<string> {
    const {value, done} = await this.#lines.next();
    if (done) throw new Error(`Python ended at ${JSON.stringify(this.#open[0])}: ${this.#errors}`);
    return value as string;
  }
}

function start(python: string, folder: string) {
  const script = fileURLToPath(new URL('../fixtures/answer_text.py', import.meta.url));
  const path = [textPackages, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  return spawn(python, [script, folder], {
    env: {...process.env, ...ENVIRONMENT, PYTHONPATH: path},
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function writeColumns(folder: string, columns: Readonly<Record<string, Column>>): void {
  for (const [name, {dtype, data, splits}] of Object.entries(columns)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({dtype, count: data.length}));
    if (Array.isArray(data)) {
      const strings = data as readonly Uint8Array[];
      const lengths = Int32Array.from(strings, ({length}) => length);
      writeFileSync(join(folder, name), Buffer.concat([new Uint8Array(lengths.buffer), ...strings]));
    } else {
      const {buffer, byteOffset, byteLength} = data as Uint8Array;
      writeFileSync(join(folder, name), new Uint8Array(buffer, byteOffset, byteLength));
    }
    if (splits !== undefined) writeFileSync(join(folder, `${name}.splits`), new Uint8Array(splits.buffer));
  }
}
