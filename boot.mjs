// The front door: plain JavaScript that any Node ≥ 20 runs. Installs what is missing, then hands over to the Node
// that the workspace pins.
//   node boot.mjs <file.ts> [arguments]   runs a file of the workspace
//   node boot.mjs test [arguments]        runs the tests
//   node boot.mjs check                   runs every static check
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const PNPM = 'pnpm@12.21.0';
const root = import.meta.dirname;
const bin = join(root, 'node_modules', '.bin');
const pinnedNode = join(bin, 'node');
const stamp = join(root, 'node_modules', '.installed');
/** Compiled modules: half of the time of a start is reading and compiling them. */
const compiled = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled');

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'pnpm-lock.yaml')))
  .update(readFileSync(join(root, 'pnpm-workspace.yaml')))
  .digest('hex');

function installed() {
  return existsSync(pinnedNode) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function install() {
  const started = Date.now();
  console.error('Installing packages (only when they have changed) ...');
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const arguments_ = ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=silent'];
  const result = spawnSync(npx, arguments_, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) {
    console.error('The packages could not be installed. Is the npm registry reachable? See the message above.');
    process.exit(1);
  }
  if (!existsSync(pinnedNode)) {
    console.error(`There is no pinned Node for ${process.platform}-${process.arch}; Gaia runs on Linux and macOS.`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  console.error(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/** Runs a program of the workspace under the pinned Node and ends with its code. */
function handOver(arguments_) {
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    ...(what !== 'test' && { NODE_COMPILE_CACHE: compiled }),
  };
  const child = spawn(pinnedNode, arguments_, { cwd: root, stdio: 'inherit', env });
  // A terminal sends Ctrl-C to both; the child decides when it is done.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function check() {
  const tools = [
    ['types', ['typescript/bin/tsc']],
    ['format and lint', ['@biomejs/biome/bin/biome', 'check', '--error-on-warnings']],
    ['unused code and packages', ['knip/bin/knip.js']],
    ['dependency rules', [join(root, 'dependency-rules.mjs')]],
  ];
  let failed = 0;
  for (const [name, [program, ...rest]] of tools) {
    const file = existsSync(program) ? program : join(root, 'node_modules', program);
    const { status } = spawnSync(pinnedNode, [file, ...rest], { cwd: root, stdio: 'inherit' });
    console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    if (status !== 0) failed += 1;
  }
  process.exit(failed === 0 ? 0 : 1);
}

const [what, ...rest] = process.argv.slice(2);
if (what === undefined) {
  console.error('Use: node boot.mjs <file.ts> [arguments] | test [arguments] | check');
  process.exit(2);
}
if (!installed()) install();
if (what === 'check') check();
else if (what === 'test') handOver([join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...rest]);
else if (process.versions.node.split('.')[0] === '26') {
  process.argv = [process.argv[0], join(root, what), ...rest];
  // Where the folder cannot be written, modules are compiled as before.
  module.enableCompileCache(compiled);
  await import(pathToFileURL(join(root, what)).href);
} else handOver([join(root, what), ...rest]);
