/**
 * Measures work by the processor time it takes, which is the same on a busy machine.
 *
 * @module
 */

/** Begins to measure; the result gives the milliseconds that this process has worked since. */
export function startCpuTime(): () => number {
  const start = process.cpuUsage();
  return () => {
    const {user, system} = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
