/**
 * Work whose parts depend on each other only in places, so that a machine with two processors does two parts at a time.
 *
 * @module
 */

/** One part. */
export interface Task<T> {
  readonly name: string;
  /** Names of the tasks that have to be done before. */
  readonly after?: readonly string[];
  /** Whether it mostly waits, for a network or a clock: it then takes no place of others. */
  readonly waits?: boolean;
  run(): Promise<T>;
}

/** What became of a task. One that fails, or that comes after such a one, has an error in place of a result. */
export interface Outcome<T> {
  readonly name: string;
  readonly result?: T;
  readonly error?: Error;
  readonly seconds: number;
}

/** Told when a task begins (without outcome) and when it is over. */
export type Listener<T> = (name: string, outcome?: Outcome<T>) => void;

/**
 * Runs tasks, the first ones first, so many at a time. Where the long ones come first, the last one does not run alone for long.
 *
 * @returns what became of each, in the order of the tasks
 * @throws Error for a task that comes after one that does not exist, or in the end after itself
 */
export async function sideBySide<T>(
  tasks: readonly Task<T>[],
  lanes: number,
  listener: Listener<T> = () => undefined,
): Promise<Outcome<T>[]> {
  const outcomes = new Map<string, Outcome<T>>();
  const waiting = new Set(tasks);
  const running = new Map<string, Promise<void>>();
  const isReady = ({after = []}: Task<T>) => after.every((name) => outcomes.has(name));
  let free = lanes;
  while (waiting.size > 0 || running.size > 0) {
    for (const task of [...waiting].filter(isReady)) {
      const taken = task.waits ? 0 : 1;
      if (taken > free) continue;
      free -= taken;
      waiting.delete(task);
      const work = perform(task, outcomes, listener).then((outcome) => {
        outcomes.set(task.name, outcome);
        running.delete(task.name);
        free += taken;
        listener(task.name, outcome);
      });
      running.set(task.name, work);
    }
    if (running.size === 0 && waiting.size > 0) {
      throw new Error(`these tasks wait for each other: ${[...waiting].map(({name}) => name).join(', ')}`);
    }
    await Promise.race(running.values());
  }
  return tasks.map(({name}) => outcomes.get(name)!);
}

async function perform<T>(
  {name, after = [], run}: Task<T>,
  outcomes: ReadonlyMap<string, Outcome<T>>,
  listener: Listener<T>,
): Promise<Outcome<T>> {
  const failed = after.find((each) => outcomes.get(each)!.error !== undefined);
  if (failed !== undefined) {
    return {name, error: new Error(`did not run, for '${failed}' failed`), seconds: 0};
  }
  listener(name);
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  try {
    const result = await run();
    return {name, result, seconds: seconds()};
  } catch (error) {
    return {name, error: error instanceof Error ? error : new Error(String(error)), seconds: seconds()};
  }
}
