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
 * Runs tasks, the first ones first, so many at a time.
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
  const isDone = (name: string) => outcomes.has(name);
  while (waiting.size > 0 || running.size > 0) {
    const ready = [...waiting].filter(({after = []}) => after.every(isDone));
    for (const task of ready.slice(0, lanes - running.size)) {
      waiting.delete(task);
      const work = perform(task, outcomes, listener).then((outcome) => {
        outcomes.set(task.name, outcome);
        running.delete(task.name);
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
