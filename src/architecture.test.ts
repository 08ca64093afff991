import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';

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

it('imports tfjs-layers only for Keras, and for the gradients that it registers', () => {
  const allowed = (path: string) =>
    ['keras', join('tfjs', 'layers')].some((folder) => path.startsWith(folder + sep)) ||
    path === join('tfjs', 'gradients.ts');
  const offenders = files.filter(
    (path) =>
      !allowed(path) &&
      imports(path).some((name) => name === '@tensorflow/tfjs-layers' || name.includes('/tfjs/layers/')),
  );
  expect(offenders).toEqual([]);
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

describe('docs/tfjs.md', () => {
  const page = readFileSync(resolve(SOURCE, '../docs/tfjs.md'), 'utf8');

  it('lists every file of the port', () => {
    const port = files.filter((path) => path.startsWith(`tfjs${sep}`));
    const unlisted = port
      .map((path) => path.split(sep).slice(1).join('/'))
      .filter((name) => !page.includes(`\`${name}\``));
    expect(unlisted).toEqual([]);
  });

  it('names tests of the contract that there are', () => {
    const contract = readFileSync(resolve(SOURCE, 'tfjs/contract.test.ts'), 'utf8');
    const cells = [...page.matchAll(/^\| `.*\| ([^|]*) \|$/gm)].map(([, pinned]) => pinned!);
    const titles = cells.flatMap((cell) => [...cell.matchAll(/"([^"]*)"/g)].map(([, title]) => title!));
    expect(titles.length).toBeGreaterThan(cells.length);
    expect(titles.filter((title) => !contract.includes(title))).toEqual([]);
  });
});
