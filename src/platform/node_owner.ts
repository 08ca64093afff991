/**
 * Which process something on the disk belongs to, and whether that process is still there.
 *
 * A number alone does not tell: numbers are given out again, each container has its own, and a network file system has those of
 * many machines. So an owner also says where its number is known, and when it was started.
 *
 * @module
 */

import {createHash} from 'node:crypto';
import * as fs from 'node:fs';
import os from 'node:os';

/** A process, told so that others can find out whether it lives. */
export interface Owner {
  readonly pid: number;
  /** When the process was started, as its system counts it; empty where that cannot be known. */
  readonly started: string;
  /** Where the number means this process: one boot of one machine, and there one space of numbers. */
  readonly space: string;
}

/** `unknown`: on another machine or in another container, or its number may be another's by now. */
export type OwnerState = 'alive' | 'gone' | 'unknown';

/** Letters and digits only, so that names of files can say it. */
const SPACE_LENGTH = 12;

export function thisProcess(): Owner {
  return {pid: process.pid, started: startOf(process.pid), space: ownSpace()};
}

export function stateOf({pid, started, space}: Owner): OwnerState {
  if (space !== ownSpace()) return 'unknown';
  if (!isAlive(pid)) return 'gone';
  const now = startOf(pid);
  if (started === '' || now === '') return 'unknown';
  return started === now ? 'alive' : 'gone';
}

/** As part of a file's name. */
export function ownerText({pid, started, space}: Owner): string {
  return `${space}.${pid}.${started}`;
}

/** Null for what {@link ownerText} did not write. */
export function parseOwner(text: string): Owner | null {
  const [, space, pid, started] = /^(\w+)\.(\d+)\.(\d*)$/.exec(text) ?? [];
  return space === undefined ? null : {space, pid: Number(pid), started: started!};
}

function ownSpace(): string {
  // Linux tells one boot from another, and containers from each other, even those that have the same host name.
  const boot = readText('/proc/sys/kernel/random/boot_id');
  const numbers = readLink('/proc/self/ns/pid');
  const hash = createHash('sha256').update(`${os.hostname()}\n${boot}\n${numbers}`).digest('hex');
  return hash.slice(0, SPACE_LENGTH);
}

/** Field 22 of `/proc/<pid>/stat`; the second is the name in parentheses, which may have any character. */
function startOf(pid: number): string {
  const text = readText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readText(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return '';
  }
}
