import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Mutation run over the verifier: changes every check, one at a time, and sees whether a test fails.
 * It works on a copy of the workspace, because the mutating tool is too large to be everybody's dependency.
 * Takes up to an hour on two cores. Ends with 1 if fewer mutants are found than the configuration demands.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'gaia-mutation-'));
const leftOut = new Set(['node_modules', '.git', '.gaia', 'coverage']);
const PNPM = 'pnpm@12.21.0';
const TOOLS = ['@stryker-mutator/core@10.1.1', '@stryker-mutator/vitest-runner@10.1.1'];

function run(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { cwd: copy, stdio: 'inherit' }).status ?? 1;
}

try {
  cpSync(root, copy, { recursive: true, filter: (source) => !leftOut.has(basename(source)) });
  const installed = run('npx', ['--yes', PNPM, 'add', '--workspace-root', '--save-dev', '--ignore-scripts', ...TOOLS]);
  process.exitCode =
    installed || run('npx', ['--yes', PNPM, 'exec', 'stryker', 'run', 'bench/mutation/stryker.config.json']);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
