/** Tests of what may stand in the cache's way: other things in the places of its files, other users, other programs. */

import {spawn} from 'node:child_process';
import {chmod, lstat, mkdir, readdir, rm, stat, symlink, truncate, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {beforeEach, describe, expect, it, vi} from 'vitest';
import {DownloadError, HandleError, HubError} from '../errors.js';
import '../platform/node.js';
import {nodeFiles} from '../platform/node_files.js';
import {nodeHub} from '../platform/node_hub.js';
import type {FileEntry, FileSystem, ModelSink} from '../platform/services.js';
import {DirectoryCache, type Fill, type ObtainOptions} from './cache.js';
import {descriptorFile, manifestFile} from './manifest.js';
import {digests, readDigests} from './testing/digests.js';
import {contentOf, MODEL_FILES, noise, temporaryDirectory, tree, writeModel} from './testing/fixtures.js';

const HANDLE = 'https://example.com/model/1';
const TIMES: ObtainOptions = {lockTimeoutMs: 600_000, deadLockTimeoutMs: 50};

let around: string;
let directory: string;
let cache: DirectoryCache;
let model: string;

beforeEach(async () => {
  around = await temporaryDirectory();
  directory = path.join(around, 'cache');
  cache = new DirectoryCache(nodeFiles, nodeHub, directory);
  model = await cache.pathOf(HANDLE);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  return () => vi.restoreAllMocks();
});

const fill = async (sink: ModelSink) => {
  fills++;
  for (const [name, bytes] of Object.entries(MODEL_FILES)) {
    const file = await sink.createFile(name);
    await file.write(bytes).finally(() => file.close());
  }
  return Object.fromEntries(Object.entries(MODEL_FILES).map(([name, bytes]) => [name, bytes.length]));
};
let fills = 0;
beforeEach(() => {
  fills = 0;
});

const obtain = (filler: Fill = fill) => cache.obtain(HANDLE, filler, TIMES);

async function expectWhole() {
  expect(await readDigests(await obtain())).toEqual(digests(MODEL_FILES));
}

/** Something that is there, and what the refusal says. */
interface Obstacle {
  readonly what: string;
  readonly put: () => Promise<unknown>;
  readonly says: RegExp;
  readonly remove: () => Promise<unknown>;
}

const away = (file: () => string) => () => rm(file(), {recursive: true, force: true});

const OBSTACLES: readonly Obstacle[] = [
  {
    what: 'a file in place of the cache',
    put: () => writeFile(directory, ''),
    says: /The cache .*cache, or a directory above it, is not a directory.*TFHUB_CACHE_DIR/,
    remove: away(() => directory),
  },
  {
    what: 'a link to nothing in place of the cache',
    put: () => symlink(path.join(around, 'nothing'), directory),
    says: /The cache .*cache is a symbolic link that leads nowhere.*TFHUB_CACHE_DIR/,
    remove: away(() => directory),
  },
  {
    what: 'a file in place of the model',
    put: async () => {
      await mkdir(directory);
      await writeFile(model, '');
    },
    says: /is no directory.*https:\/\/example\.com\/model\/1 belongs there.*tfhub cache remove [0-9a-f]{40}/,
    remove: async () => {
      expect(await cache.remove(HANDLE)).toBe(true);
    },
  },
  {
    what: 'a link to nothing in place of the model',
    put: async () => {
      await mkdir(directory);
      await symlink(path.join(around, 'nothing'), model);
    },
    says: /is no directory, or a link that leads to none/,
    remove: async () => {
      expect(await cache.remove(HANDLE)).toBe(true);
    },
  },
  {
    what: 'a directory in place of the lock',
    put: () => mkdir(`${model}.lock`, {recursive: true}),
    says: /\.lock is a directory, where a file of the cache belongs\. Remove it\./,
    remove: away(() => `${model}.lock`),
  },
  {
    what: 'a link to nothing in place of the lock',
    put: async () => {
      await mkdir(directory);
      await symlink(path.join(around, 'nothing'), `${model}.lock`);
    },
    says: /\.lock is a symbolic link that leads nowhere/,
    remove: away(() => `${model}.lock`),
  },
  {
    what: 'a directory in place of the descriptor',
    put: () => mkdir(`${descriptorFile(model)}/x`, {recursive: true}),
    says: /descriptor\.txt is a directory, where a file of the cache belongs/,
    remove: away(() => descriptorFile(model)),
  },
  {
    what: 'a directory in place of the manifest',
    put: () => mkdir(`${manifestFile(model)}/x`, {recursive: true}),
    says: /manifest\.json is a directory, where a file of the cache belongs/,
    remove: away(() => manifestFile(model)),
  },
];

describe('the cache says what is in its way', () => {
  it.each(OBSTACLES.map((obstacle) => [obstacle.what, obstacle] as const))('%s', async (_, obstacle) => {
    await obstacle.put();
    const error = await obtain().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DownloadError);
    expect((error as HubError).message).toMatch(obstacle.says);
    await obstacle.remove();
    await expectWhole();
  });

  it('serves a model beside which directories lie in place of its files', async () => {
    await writeModel(model);
    await mkdir(`${manifestFile(model)}/x`, {recursive: true});
    await mkdir(`${descriptorFile(model)}/x`, {recursive: true});
    expect(await cache.lookup(HANDLE)).not.toBeNull();
    expect(await cache.entries()).toMatchObject([{handle: null}]);
    await obtain();
    expect(fills).toBe(0);
  });

  it('says that it was removed while a model came, and lets no part of the model pass for one', async () => {
    const removals: readonly Fill[] = [
      async (sink) => {
        await rm(directory, {recursive: true});
        return fill(sink);
      },
      async (sink) => {
        const sizes = await fill(sink);
        await rm(directory, {recursive: true});
        return sizes;
      },
      async (sink) => {
        const half = await sink.createFile('saved_model.pb');
        await rm(directory, {recursive: true});
        await half.write(MODEL_FILES['saved_model.pb']!);
        await half.close();
        // Directories that are missing are made, so that this goes well.
        const other = await sink.createFile('variables/variables.index');
        await other.close();
        return {'saved_model.pb': 1000, 'variables/variables.index': 0};
      },
    ];
    for (const removal of removals) {
      await expect(obtain(removal)).rejects.toThrowWithMessage(
        DownloadError,
        /disappeared from the cache .*another program removes/,
      );
      expect(await cache.lookup(HANDLE)).toBeNull();
    }
    await expectWhole();
  });

  it('does not blame itself for an archive that cannot be read', async () => {
    const archive = path.join(around, 'missing.tar');
    const reading: Fill = async () => {
      for await (const _ of nodeFiles.readFile(archive));
      return {};
    };
    await expect(obtain(reading)).rejects.toThrowWithMessage(
      HubError,
      `Cannot read ${archive}: it does not exist`,
    );
  });

  it('refuses to read as text what is no small file', async () => {
    await obtain();
    await truncate(manifestFile(model), 65 << 20);
    await expect(cache.lookup(HANDLE)).rejects.toThrowWithMessage(HubError, /manifest\.json: it is larger/);
  });

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'says that it is read-only where directories above it would have to be made, too',
    async () => {
      const run = async (...command: [string, ...string[]]) => {
        const child = spawn(command[0], command.slice(1), {stdio: 'ignore'});
        return new Promise<number | null>((resolve) => child.once('exit', resolve));
      };
      if ((await run('mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', around)) !== 0) return;
      try {
        const deep = new DirectoryCache(nodeFiles, nodeHub, path.join(around, 'a/b/c'));
        await expect(deep.obtain(HANDLE, fill, TIMES)).rejects.toThrowWithMessage(
          DownloadError,
          /a\/b\/c is read-only.*TFHUB_CACHE_DIR/,
        );
      } finally {
        await run('umount', around);
      }
    },
  );
});

describe('a lock', () => {
  it('cannot lead outside the cache by the task it names', async () => {
    const victim = path.join(around, 'outside/victim.tmp');
    await mkdir(victim, {recursive: true});
    await writeFile(path.join(victim, 'precious'), 'x');
    await mkdir(directory);
    // `<model>./victim.tmp` leads there.
    await symlink(path.dirname(victim), `${model}.`);
    const child = spawn(process.execPath, ['-e', '0']);
    await new Promise((resolve) => child.once('exit', resolve));
    await writeFile(`${model}.lock`, `${os.hostname()}.${child.pid}./victim`);
    await expectWhole();
    expect(await contentOf(path.join(victim, 'precious'))).toBe('x');
  });
});

describe('a manifest', () => {
  it('tells of a graph that was changed, also where its size and time are the same', async () => {
    await obtain();
    const file = path.join(model, 'saved_model.pb');
    await writeFile(file, noise(1000, 99));
    expect(await cache.lookup(HANDLE)).toBeNull();
    await expectWhole();
    expect(fills).toBe(2);
    expect(vi.mocked(console.warn).mock.calls).toEqual([
      [expect.stringMatching(/its graph has changed; it is fetched/)],
    ]);
  });

  it('tells of another form of the graph that was added, and would be read first', async () => {
    const {'saved_model.pb': graph, ...rest} = MODEL_FILES;
    await writeModel(model, {...rest, 'saved_model.pbtxt': graph!});
    await obtain();
    await writeFile(path.join(model, 'saved_model.pb'), noise(10));
    expect(await cache.lookup(HANDLE)).toBeNull();
    await expectWhole();
  });

  it('is made for what the reference downloaded, and holds from then on', async () => {
    await writeModel(model);
    await obtain();
    expect(fills).toBe(0);
    await writeFile(path.join(model, 'saved_model.pb'), noise(1000, 99));
    await expectWhole();
    expect(fills).toBe(1);
  });

  it('of an earlier version, or with paths that lead elsewhere, is put up with', async () => {
    await obtain();
    const {graph, ...manifest} = JSON.parse(await contentOf(manifestFile(model)));
    expect(graph).toEqual({
      'saved_model.pb': Buffer.from(
        await crypto.subtle.digest('SHA-256', MODEL_FILES['saved_model.pb']! as Uint8Array<ArrayBuffer>),
      ).toString('hex'),
    });
    for (const files of [
      manifest.files,
      {...manifest.files, '../x': 1},
      {...manifest.files, '/etc/passwd': 1},
    ]) {
      await writeFile(manifestFile(model), JSON.stringify({...manifest, files}));
      await obtain();
    }
    expect(fills).toBe(1);
  });
});

describe('the default cache', () => {
  /** The cache that a program gets which chooses none, in a temporary directory of the test. */
  function defaultCache(files: Partial<FileSystem> = {}) {
    vi.stubEnv('TFHUB_CACHE_DIR', '');
    return new DirectoryCache({...nodeFiles, temporaryDirectory: around, ...files}, nodeHub);
  }
  const place = () => path.join(around, 'tfhub_modules');
  const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

  it.runIf(process.platform !== 'win32')('is for its user alone', async () => {
    await defaultCache().obtain(HANDLE, fill, TIMES);
    expect(await modeOf(place())).toBe(0o700);
    await chmod(place(), 0o777);
    await defaultCache().lookup(HANDLE);
    expect(await modeOf(place())).toBe(0o700);
  });

  it.runIf(process.platform !== 'win32')('that was chosen may be shared', async () => {
    await mkdir(directory);
    await chmod(directory, 0o777);
    await obtain();
    expect(await modeOf(directory)).toBe(0o777);
    vi.stubEnv('TFHUB_CACHE_DIR', place());
    await mkdir(place());
    await chmod(place(), 0o755);
    await new DirectoryCache({...nodeFiles, temporaryDirectory: around}, nodeHub).obtain(HANDLE, fill, TIMES);
    expect(await modeOf(place())).toBe(0o755);
  });

  it.each([
    ['a directory', 'directory', 'belongs to'],
    ['a link', 'link', 'is a symbolic link of'],
  ] as const)('is refused where it is %s of another user', async (_, kind, says) => {
    await writeModel(path.join(place(), path.basename(model)));
    const entry = async (file: string): Promise<FileEntry | null> =>
      file === place() ? {kind, isOwn: false, isPrivate: false} : nodeFiles.entry(file);
    const strange = defaultCache({entry});
    const before = await tree(around);
    for (const use of [
      () => strange.obtain(HANDLE, fill, TIMES),
      () => strange.lookup(HANDLE),
      () => strange.entries(),
      () => strange.remove(HANDLE),
      () => strange.clear(),
    ]) {
      await expect(use()).rejects.toThrowWithMessage(
        DownloadError,
        new RegExp(`${says} another user .* Set TFHUB_CACHE_DIR`),
      );
    }
    expect(await tree(around)).toEqual(before);
    expect(fills).toBe(0);
  });

  it.runIf(process.getuid?.() === 0)('is told to be of another user by its owner', async () => {
    await mkdir(place());
    expect(await nodeFiles.entry(place())).toMatchObject({kind: 'directory', isOwn: true});
    const {chown, lchown} = await import('node:fs/promises');
    await chown(place(), 54321, 54321);
    await expect(defaultCache().lookup(HANDLE)).rejects.toThrowWithMessage(
      DownloadError,
      /belongs to another user/,
    );
    await rm(place(), {recursive: true});
    await mkdir(directory);
    await symlink(directory, place());
    await lchown(place(), 54321, 54321);
    await expect(defaultCache().lookup(HANDLE)).rejects.toThrowWithMessage(
      DownloadError,
      /symbolic link of another user/,
    );
  });

  it('that another user makes in the same moment is refused, too', async () => {
    let looks = 0;
    const entry = async (file: string): Promise<FileEntry | null> => {
      if (file !== place()) return nodeFiles.entry(file);
      return looks++ < 2 ? null : {kind: 'directory', isOwn: false, isPrivate: true};
    };
    await expect(defaultCache({entry}).obtain(HANDLE, fill, TIMES)).rejects.toThrowWithMessage(
      DownloadError,
      /another user/,
    );
    expect(fills).toBe(0);
  });

  it.runIf(process.platform !== 'win32')('may be a link of its user, wherever that leads', async () => {
    await mkdir(directory);
    await chmod(directory, 0o755);
    await symlink(directory, place());
    await defaultCache().obtain(HANDLE, fill, TIMES);
    expect(await readdir(directory)).toContain(path.basename(model));
    expect(await modeOf(directory)).toBe(0o755);
    expect((await lstat(place())).isSymbolicLink()).toBe(true);
  });

  it('takes a path', () => {
    expect(() => new DirectoryCache(nodeFiles, nodeHub, 5 as never)).toThrow(HandleError);
    expect(() => new DirectoryCache(nodeFiles, nodeHub, 'file://host/cache')).toThrowWithMessage(
      HandleError,
      /no path of this machine/,
    );
  });
});
