/**
 * Measures asynchronous calls of a model in a process of its own:
 *
 *     node build/bench/async_child/async_child.js PATH TITLE ROUNDS
 *
 * TITLE is that of a line of `inference_lines.ts`. Prints an {@link AsyncMeasurement}.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-wasm';
import {existsSync, readFileSync} from 'node:fs';
import {type CallOptions, load, type TensorInput} from '../src/index.js';
import {fill, MODELS} from './inference_lines.js';
import {median} from './measure.js';

/** What the process prints: calls a second, and milliseconds. */
export interface AsyncMeasurement {
  readonly synchronous: number;
  readonly one: number;
  readonly eight: number;
  /** Milliseconds of processors that a call takes, of all threads. */
  readonly workOfOne: number;
  readonly workOfEight: number;
  /** The longest that the event loop was held by computing, in the processor's time where that can be told. */
  readonly held: number;
  /** The same by the clock, which also counts what other processes took. */
  readonly heldByClock: number;
  /** While the first call compiles the function: the longest, in the processor's time. */
  readonly heldAtFirst: number;
}

/** How long each measurement lasts, in milliseconds. */
const PERIOD = 1000;

const OWN_TIME = '/proc/thread-self/schedstat';

/** Milliseconds of a processor that this thread has had; of the clock where the machine does not tell. */
const ownTime = existsSync(OWN_TIME)
  ? () => Number(readFileSync(OWN_TIME, 'latin1').split(' ')[0]) / 1e6
  : () => performance.now();

/** Looks at the time in each turn of the event loop. */
class Turns {
  #isOver = false;
  #longest = 0;
  #longestByClock = 0;

  constructor() {
    let [last, lastByClock] = [ownTime(), performance.now()];
    const turn = () => {
      const [now, nowByClock] = [ownTime(), performance.now()];
      this.#longest = Math.max(this.#longest, now - last);
      this.#longestByClock = Math.max(this.#longestByClock, nowByClock - lastByClock);
      [last, lastByClock] = [now, nowByClock];
      if (!this.#isOver) setImmediate(turn);
    };
    setImmediate(turn);
  }

  /** The longest turn since the last time, and by the clock. */
  take(): readonly [number, number] {
    const taken = [this.#longest, this.#longestByClock] as const;
    this.#longest = 0;
    this.#longestByClock = 0;
    return taken;
  }

  end(): void {
    this.#isOver = true;
  }
}

const [path = '', title = '', rounds = '5'] = process.argv.slice(2);
const line = MODELS.flatMap(({lines}) => lines).find((each) => each.title === title)!;
const model = await load(path, {engine: 'onnx'});
const signature = model.signatures.serving_default!;
const inputs = Object.fromEntries(
  Object.entries(line.inputs).map(([name, spec]) => {
    const {dtype, shape} = spec;
    const values = fill(spec);
    // Strings are short enough to be converted.
    return [name, Array.isArray(values) ? values : {dtype, shape, data: values}];
  }),
) as Record<string, TensorInput>;
const options: CallOptions = {exact: true};

/** Calls a second of so many callers, each of whom calls again when it has its answer, and what one takes of processors. */
async function rate(callers: number, call: () => unknown): Promise<{rate: number; work: number}> {
  const before = process.cpuUsage();
  const start = performance.now();
  let calls = 0;
  const caller = async () => {
    while (performance.now() - start < PERIOD) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({length: callers}, caller));
  const {user, system} = process.cpuUsage(before);
  return {rate: (1000 * calls) / (performance.now() - start), work: (user + system) / 1000 / calls};
}

const asynchronous = () => signature.async(inputs, options);
const synchronous = () => signature(inputs, options);

const turns = new Turns();
await asynchronous();
const [heldAtFirst] = turns.take();
turns.end();
await rate(8, asynchronous);
await rate(1, synchronous);

type Rates = Awaited<ReturnType<typeof rate>>[];
const all: Record<'synchronous' | 'one' | 'eight', Rates> = {synchronous: [], one: [], eight: []};
for (let round = 0; round < Number(rounds); round++) {
  all.synchronous.push(await rate(1, synchronous));
  all.one.push(await rate(1, asynchronous));
  all.eight.push(await rate(8, asynchronous));
}
// Looking takes time itself.
const looking = new Turns();
await rate(1, asynchronous);
await rate(8, asynchronous);
const [held, heldByClock] = looking.take();
looking.end();
model.dispose();

console.log(
  JSON.stringify({
    synchronous: median(all.synchronous.map(({rate}) => rate)),
    one: median(all.one.map(({rate}) => rate)),
    eight: median(all.eight.map(({rate}) => rate)),
    workOfOne: median(all.one.map(({work}) => work)),
    workOfEight: median(all.eight.map(({work}) => work)),
    held,
    heldByClock,
    heldAtFirst,
  } satisfies AsyncMeasurement),
);
