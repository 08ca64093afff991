/**
 * What became of a damaged model: it may be refused, fail or work, and the errors must be of this library and in words.
 *
 * @module
 */

import {HubError} from '../src/errors.js';
import {memoryDirectory} from '../src/platform/memory.js';
import {MemoryOutput} from '../src/platform/testing/memory_output.js';
import {describeEngines} from '../src/savedmodel/load/describe_engines.js';
import {writeSavedModel} from '../src/savedmodel/save/save.js';
import {exercise} from '../src/savedmodel/testing/exercise.js';
import type {FuzzCase} from './fuzz_case.js';

/** What became of a model: refused when it was loaded, failed in a part, or worked as a whole. */
export type Outcome = 'refused' | 'failed' | 'worked' | 'fault';

/** What the JavaScript engine says, and no user understands. */
const RAW =
  /Cannot (read|set|convert|mix|destructure|access)|is not (a function|iterable|defined|a constructor)|undefined|Invalid (typed )?array|Maximum call stack|(memory access|offset is) out of bounds|Invalid (count|time) value|cannot be converted|unreachable|NaN|\[object|is not assignable|Reduce of empty/;

/** A call may take as much. What takes longer ends with an error, which is an answer. */
const LIMITS = {bytes: 500e6, milliseconds: 2000};

/** What becomes of a model that is used in every way, and what is wrong with that. */
export async function outcomeOf({
  files,
  verifyChecksums,
}: FuzzCase): Promise<{outcome: Outcome; fault?: string}> {
  try {
    const options = {limits: LIMITS, verifyChecksums};
    const use = async (model: object) => {
      await describeEngines(memoryDirectory(files), {...options, all: true});
      await writeSavedModel(model, new MemoryOutput());
    };
    const {refused, failures} = await exercise(memoryDirectory(files), options, use);
    const errors = refused === undefined ? failures : [refused];
    const raw = errors.find(isRaw);
    if (raw !== undefined) return {outcome: 'fault', fault: describe(raw)};
    return {outcome: refused !== undefined ? 'refused' : failures.length > 0 ? 'failed' : 'worked'};
  } catch (error) {
    return {outcome: 'fault', fault: describe(error)};
  }
}

/** Whether an error of ours only repeats what the engine said. */
function isRaw({message, cause}: HubError): boolean {
  const ofEngine =
    cause instanceof TypeError || cause instanceof RangeError || cause instanceof ReferenceError;
  return RAW.test(message) && (ofEngine ? message.includes(cause.message) : !/NaN|undefined/.test(message));
}

function describe(error: unknown): string {
  const {cause} = error as {cause?: unknown};
  const stack = (cause instanceof Error ? cause.stack : error instanceof Error ? error.stack : '') ?? '';
  const kind = error instanceof HubError ? '' : 'raw ';
  return `${kind}${error}\n${stack.split('\n').slice(0, 6).join('\n')}`;
}
