/**
 * Writing a model as an archive, `.tar.gz`, which handles may lead to.
 *
 * @module
 */

import {createTarPacker} from 'modern-tar';
import {pathSegments} from './paths.js';
import type {FileWriter, OutputDirectory} from './platform.js';

/** The same files always make the same archive. */
const MODIFIED = new Date(0);

/** Writes files into an archive. Blobs hold them, which browsers keep on the disk when they are large. */
export async function writeArchive(write: (output: OutputDirectory) => Promise<void>): Promise<Blob> {
  const files = new Map<string, Blob>();
  await write({
    name: 'archive',
    async createFile(path): Promise<FileWriter> {
      const name = pathSegments(path).join('/');
      const pieces: Blob[] = [];
      return {
        async write(bytes) {
          pieces.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
        },
        async close() {
          files.set(name, new Blob(pieces));
        },
      };
    },
  });
  const {readable, controller} = createTarPacker();
  const compressed = new Response(readable.pipeThrough(new CompressionStream('gzip'))).blob();
  try {
    for (const [name, content] of files) {
      for (const directory of parentsOf(name, files))
        await add(controller, {name: `${directory}/`, type: 'directory'});
      await add(controller, {name, type: 'file'}, content);
    }
    controller.finalize();
  } catch (error) {
    controller.error(error);
    await compressed.catch(() => undefined);
    throw error;
  }
  return new Blob([await compressed], {type: 'application/gzip'});
}

async function add(
  controller: ReturnType<typeof createTarPacker>['controller'],
  header: {readonly name: string; readonly type: 'file' | 'directory'},
  content = new Blob(),
): Promise<void> {
  const mode = header.type === 'file' ? 0o644 : 0o755;
  const entry = controller.add({...header, mode, size: content.size, mtime: MODIFIED});
  await content.stream().pipeTo(entry);
}

/** The directories above a file that no file before it is in. */
function parentsOf(name: string, files: ReadonlyMap<string, unknown>): string[] {
  const before = [...files.keys()].slice(0, [...files.keys()].indexOf(name));
  const steps = name.split('/').slice(0, -1);
  return steps
    .map((_, i) => steps.slice(0, i + 1).join('/'))
    .filter((directory) => !before.some((other) => other.startsWith(`${directory}/`)));
}
