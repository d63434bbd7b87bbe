import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { password, type RunningSuite, runSuite } from './running-suite.ts';

const root = join(import.meta.dirname, '..', '..');
const missing = ['bash', 'curl', 'jq'].find((tool) => {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

let suite: RunningSuite;
beforeAll(async () => {
  if (missing === undefined) suite = await runSuite({ RATE_LIMIT: 'off' });
}, 120_000);
afterAll(() => suite?.stop());

/** Guides whose commands run in one shell, one after the other, and what must appear on their way, in this order. */
const guides: readonly (readonly [files: string, said: readonly (RegExp | string)[]])[] = [
  ['api-clients', [/^"/m, '"token_type": "Bearer"', /^304$/m, '"version_conflict"', 'token_missing', 'token_revoked']],
  ['registration-and-passwords', ['"open"', '"email":"reader@example.com"', /204$/m, /^\d+$/m]],
  [
    'files',
    [
      'Chapter one.',
      'public',
      'Chapter one.',
      '"version": 2',
      '"products"',
      '"version": 3',
      'Chapter 1.txt',
      '"sha256"',
      '"items"',
      '204',
    ],
  ],
  ['graphql', ['"article_list":{"items":[{"id":']],
  [
    'payments-and-products webhooks',
    [
      '"id":"course"',
      '"status": "published"',
      '"product":"course"',
      'Lesson one',
      'entry_not_found',
      '"reason":"no_product"',
      '"reason":"anonymous"',
      'applied',
      'applied',
      /^applied\napplied$/m,
      '"secret"',
      '{"items":[]',
    ],
  ],
  ['search', ['"items":[{', '"items":[{', '<mark>kingfisher</mark>', 'following', 'following']],
];

describe.skipIf(missing !== undefined)(`the guides${missing === undefined ? '' : ` (skipped: no ${missing})`}`, () => {
  it.concurrent.each(guides)(
    '%s: every command runs, and does what it says',
    { timeout: 180_000 },
    async (files, said) => {
      const directory = await mkdtemp(join(tmpdir(), 'gaia-guide-'));
      try {
        const output = await run(await commandsOf(files.split(' ')), directory);
        let from = 0;
        for (const part of said) {
          const rest = output.slice(from);
          const at = typeof part === 'string' ? rest.indexOf(part) : rest.search(part);
          expect(at, `${part} after\n${output.slice(0, from)}\n--- in ---\n${rest}`).toBeGreaterThanOrEqual(0);
          from += at + (typeof part === 'string' ? part.length : (part.exec(rest)?.[0].length ?? 0));
        }
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  );
});

/** The commands of guides as they stand there, but for the address and the way to the command line. */
async function commandsOf(names: readonly string[]): Promise<string> {
  const texts = await Promise.all(names.map((name) => readFile(join(root, 'docs', 'guides', `${name}.md`), 'utf8')));
  const blocks = texts.flatMap((text) =>
    [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? ''),
  );
  return blocks
    .join('\n')
    .replaceAll('http://localhost:8080', suite.url)
    .replaceAll(/^alias gaia=.*$/gm, '');
}

async function run(commands: string, directory: string): Promise<string> {
  const main = join(root, 'packages', 'cli', 'src', 'main.ts');
  const gaia = `gaia() { '${process.execPath}' '${main}' "$@"; }`;
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    PORT: String(suite.port),
    GAIA_DATA_DIR: suite.dataDir,
    GAIA_ADMIN_PASSWORD: password,
  };
  const bash = promisify(execFile)('bash', ['--norc', '-eu', '-o', 'pipefail', '-c', `${gaia}\n${commands}`], {
    cwd: directory,
    env,
  });
  const { stdout } = await bash.catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}
