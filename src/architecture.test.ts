import {readdirSync, readFileSync} from 'node:fs';
import {dirname, relative, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

/** Lowest first: a folder imports only from those before it, and from itself. */
const LAYERS = [
  'algorithms',
  'platform',
  'proto',
  'host',
  'bundle',
  'graph',
  'tfjs',
  'tensors',
  'ops',
  'runtime',
  'trace',
  'savedmodel',
  'keras',
  'hub',
  'cli',
];

const SOURCE = fileURLToPath(new URL('.', import.meta.url));

const files = readdirSync(SOURCE, {recursive: true, encoding: 'utf8'}).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('testing'),
);

const imports = (path: string): string[] =>
  [...readFileSync(resolve(SOURCE, path), 'utf8').matchAll(/(?:from|import) '([^']+)'/g)].map(
    ([, name]) => name!,
  );

const layerOf = (path: string): number => LAYERS.indexOf(path.split(sep)[0]!);

it('imports only downwards', () => {
  const upward = files.flatMap((path) =>
    imports(path)
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(SOURCE, resolve(SOURCE, dirname(path), name)))
      .filter((target) => layerOf(path) >= 0 && target.includes(sep) && layerOf(target) > layerOf(path))
      .map((target) => `${path} -> ${target}`),
  );
  expect(upward).toEqual([]);
});

it('keeps algorithms free of the rest of the library', () => {
  const dependent = files
    .filter((path) => path.startsWith('algorithms'))
    .flatMap((path) =>
      imports(path)
        .filter((name) => name.startsWith('../') || name.startsWith('@tensorflow'))
        .map((name) => `${path} -> ${name}`),
    );
  expect(dependent).toEqual([]);
});

it('touches Node only in the Node platform and the command line', () => {
  const allowed = (path: string) => path.startsWith('cli') || path.startsWith(`platform${sep}node`);
  const offenders = files.filter(
    (path) => !allowed(path) && imports(path).some((name) => name.startsWith('node:')),
  );
  expect(offenders).toEqual([]);
});

it('opens each file with a sentence that says what it is', () => {
  const silent = files.filter((path) => {
    const text = readFileSync(resolve(SOURCE, path), 'utf8').replace(/^#!.*\n/, '');
    return !path.includes('generated') && !text.startsWith('/**');
  });
  expect(silent).toEqual([]);
});

/** What follows `toThrow(`: a class, which has capital and small letters in its name, or one from the table. */
const CLASS = /^\s*(?:\w+\.)?[A-Z]\w*[a-z]\w*,?\s*\)|^REFUSED_WITH\[/;

it('expects errors of a class, with or without words', () => {
  const root = resolve(SOURCE, '..');
  const unclear = ['src', 'scripts', 'examples'].flatMap((folder) =>
    readdirSync(resolve(root, folder), {recursive: true, encoding: 'utf8'})
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) =>
        readFileSync(resolve(root, folder, path), 'utf8')
          .split(/(?<!not)\.toThrow\(/)
          .slice(1)
          .filter((argument) => !CLASS.test(argument))
          .map((argument) => `${folder}/${path}: toThrow(${argument.split('\n')[0]}`),
      ),
  );
  expect(unclear, 'toThrow(Class), or toThrowWithMessage(Class, words)').toEqual([]);
});
