/**
 * Puts what Node loads into a few files: hundreds of modules, each a file of its own, take longer to find, read and link than most
 * models take to load. Who bundles an application gets the modules themselves, to leave out what it does not use.
 *
 *     tsx scripts/bundle_node.ts
 *
 * @module
 */

import {rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import {build, type Plugin} from 'esbuild';

const require = createRequire(import.meta.url);
const built = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

/**
 * tfjs's packages are CommonJS in Node. Whoever imports such a module has its text searched for the names that it exports, which for these
 * takes longer than to run it; `require` gives the same module without.
 */
const requireTfjs: Plugin = {
  name: 'require-tfjs',
  setup({onResolve, onLoad}) {
    onResolve({filter: /^@tensorflow\/tfjs-/}, ({path, kind}) =>
      kind === 'require-call' ? {path, external: true} : {path, namespace: 'tfjs'},
    );
    onLoad({filter: /.*/, namespace: 'tfjs'}, ({path}) => {
      // Named one by one, so that who uses some of them is linked to those alone.
      const names = Object.keys(require(path)).filter((name) => /^[a-z_$][\w$]*$/i.test(name));
      return {contents: `export const {${names.join(', ')}} = require(${JSON.stringify(path)});`};
    });
  },
};

const outdir = built('node');
rmSync(outdir, {recursive: true, force: true});
await build({
  entryPoints: {
    index: built('index.js'),
    cli: built('cli/main.js'),
    // The script of threads, which lies beside what starts them.
    node_onnx_worker: built('platform/node_onnx_worker.js'),
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  plugins: [requireTfjs],
  banner: {
    js: "import {createRequire as createRequireHere} from 'node:module';\nconst require = createRequireHere(import.meta.url);",
  },
  logLevel: 'warning',
});
