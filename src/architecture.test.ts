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
  'onnx',
  'tfjs',
  'tensors',
  'ops',
  'runtime',
  'compile',
  'trace',
  'savedmodel',
  'keras',
  'hub',
  'records',
  'cli',
];

const SOURCE = fileURLToPath(new URL('.', import.meta.url));

const files = readdirSync(SOURCE, {recursive: true, encoding: 'utf8'}).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('testing'),
);

const imports = (path: string): string[] =>
  [...readFileSync(resolve(SOURCE, path), 'utf8').matchAll(/(?:from |import |import\()'([^']+)'/g)].map(
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

it('loads and calls models without any code of tracing', () => {
  const reached = new Set(
    files.filter((path) => /^savedmodel[/\\](load|raw|checkpoint|boundary\.ts)/.test(path)),
  );
  for (const path of reached) {
    const text = readFileSync(resolve(SOURCE, path), 'utf8').replace(/^(?:import|export) type [^;]+;/gm, '');
    for (const [, name] of text.matchAll(/(?:from|import) '(\.[^']+)\.js'/g)) {
      reached.add(`${relative(SOURCE, resolve(SOURCE, dirname(path), name!))}.ts`);
    }
  }
  expect(reached.size).toBeGreaterThan(100);
  expect([...reached].filter((path) => path.startsWith(`trace${sep}`))).toEqual([]);
});

it('has no circles of files, types and what is imported when it is needed included', () => {
  const edges = new Map(
    files.map((path) => [
      path,
      imports(path).flatMap((name) => (name.startsWith('.') ? [resolved(path, name)] : [])),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of files) visit(path, []);
  expect(files.length).toBeGreaterThan(400);
  expect(circles).toEqual([]);
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

/** The names of the columns of the op table: what is known of an op, whatever computes it. */
const COLUMNS = ['facts', 'infer', 'plan', 'onnx', 'gradient'];

it('keeps tfjs out of every column but the kernels', () => {
  const column = (path: string) => COLUMNS.includes(/^ops[/\\]\w+[/\\](\w+)\.ts$/.exec(path)?.[1] ?? '');
  const offenders = files.filter(column).flatMap((path) => {
    const reached = new Set([path]);
    // A set's iteration goes on to what is added meanwhile.
    for (const each of reached) {
      for (const name of valueImports(each)) {
        if (name.startsWith('@tensorflow')) return [`${path} reaches ${name} through ${each}`];
        if (name.startsWith('.')) reached.add(resolved(each, name));
      }
    }
    return [];
  });
  expect(files.filter(column).length).toBeGreaterThan(20);
  expect(offenders).toEqual([]);
});

const resolved = (path: string, name: string): string =>
  relative(SOURCE, resolve(SOURCE, dirname(path), name)).replace(/\.js$/, '.ts');

/** What a file imports when it runs: types are gone by then. */
const valueImports = (path: string): string[] =>
  [...readFileSync(resolve(SOURCE, path), 'utf8').matchAll(/(?:^|\n)(?:import|export)([^;]*?)'([^']+)';/g)]
    .filter(([, clause]) => !/^\s*type\s/.test(clause!))
    .map(([, , name]) => name!);

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
