// Completes package-lock.json: adds the packages for other machines (`@rollup/rollup-darwin-arm64` and the like) that npm
// leaves out when it cannot reach them while it writes the file, and without which `npm ci` refuses it. Their versions
// are pinned by the packages that want them; their names tell the machine. Run it after adding a dependency:
//
//   node scripts/complete_lock.mjs

import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const FILE = fileURLToPath(new URL('../package-lock.json', import.meta.url));

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];
/** What a name ends in besides system and processor. */
const VARIANTS = {
  musl: {libc: ['musl']},
  musleabihf: {libc: ['musl']},
  gnu: {libc: ['glibc']},
  gnueabihf: {libc: ['glibc']},
};

/** The machine that a package's name tells of. */
function machineOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  if (cpu.length === 0) return undefined;
  const variant = os[0] === 'linux' ? VARIANTS[words.at(-1)] : undefined;
  return {cpu, ...variant, ...(os.length > 0 ? {os} : {})};
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = [];
for (const [path, {optionalDependencies = {}, dev}] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => place in lock.packages)) continue;
    const machine = machineOf(name);
    if (machine === undefined || !/^\d/.test(version)) {
      console.error(`${name}@${version}: not pinned, or its name tells no machine; left out`);
      continue;
    }
    lock.packages[`node_modules/${name}`] = {version, ...machine, ...(dev ? {dev} : {}), optional: true};
    added.push(name);
  }
}
const [root, ...rest] = Object.entries(lock.packages);
rest.sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries([root, ...rest]);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} packages added`);
