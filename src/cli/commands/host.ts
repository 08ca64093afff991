/**
 * `tfhub host`: serves a directory of models to every library that speaks the hosting protocol.
 *
 * @module
 */

import {type Command, InvalidArgumentError} from 'commander';
import {hostModels} from '../../platform/node_host.js';
import {print, say} from '../print.js';

interface HostCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly gzip?: boolean;
  readonly bucket: string;
  readonly cors?: boolean;
  readonly allowHost: readonly string[];
  readonly quiet?: boolean;
}

export function registerHost(program: Command): void {
  program
    .command('host')
    .description('serve every SavedModel under a directory at /<path> and /<path>/<version>')
    .argument('<dir>')
    .option('--port <number>', 'port to listen on; 0 takes a free one', port, 8000)
    .option('--host <address>', 'address to listen on; 0.0.0.0 serves the network', '127.0.0.1')
    .option('--gzip', 'compress archives (kept in the temporary directory while the server runs)')
    .option('--bucket <name>', 'bucket in the gs:// locations of uncompressed models', 'tfhub')
    .option('--cors', 'let pages of any origin read the models (pages in browsers need it, programs do not)')
    .option(
      '--allow-host <name>',
      'a name this server goes by besides localhost, as behind a proxy; repeatable',
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option('--quiet', 'do not log requests')
    .action(async (directory: string, options: HostCommandOptions) => {
      const server = await hostModels({
        ...options,
        directory,
        allowedHosts: options.allowHost,
        ...(options.quiet ? {} : {onRequest: log}),
      });
      print(`Serving the models under ${directory} at ${server.url}`);
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await server.close();
    });
}

function log({
  method,
  url,
  status,
  bytes,
}: {
  method: string;
  url: string;
  status: number;
  bytes: number;
}): void {
  say(`${new Date().toISOString()} ${method} ${url} ${status} ${bytes}`);
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) throw new InvalidArgumentError('A port is a number up to 65535.');
  return value;
}
