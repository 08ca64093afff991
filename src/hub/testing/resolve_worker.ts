/**
 * A process of its own that resolves handles: the first as its arguments say, more as it is told to over IPC.
 *
 * @module
 */

import '../../platform/node.js';
import '../../platform/node_hub.js';
import type {ResolveOptions} from '../options.js';
import {resolve} from '../resolver.js';
import {readDigests} from './digests.js';

export interface WorkerRequest {
  readonly handle: string;
  readonly options: ResolveOptions;
}

export type WorkerReply =
  | {readonly ready: true}
  | {readonly path: string | undefined; readonly digests: Record<string, string>}
  | {readonly error: string};

const reply = (message: WorkerReply) => process.send!(message);

process.on('message', async ({handle, options}: WorkerRequest) => {
  try {
    const {path, directory} = await resolve(handle, options);
    reply({path, digests: await readDigests(directory)});
  } catch (error) {
    reply({error: String(error)});
  }
});
process.on('disconnect', () => process.exit());
reply({ready: true});
