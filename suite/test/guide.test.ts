import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { adversarialPack, assertAllRefused } from '@gaia/testing/adversarial-pack';
import { overHttp } from '@gaia/testing/senders';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { login, runSuiteWithKnownKeys, type SuiteWithKnownKeys } from './known-keys.ts';
import { call, freePorts } from './running-suite.ts';

const root = join(import.meta.dirname, '..', '..');
const { redis } = inject('gaiaServers');
const redisEnv: Record<string, string> = 'url' in redis ? { REDIS_URL: redis.url } : {};

let suite: SuiteWithKnownKeys;
let guide: string;
let directory: string;
beforeAll(async () => {
  guide = await readFile(join(root, 'docs', 'guides', 'protect-your-own-service.md'), 'utf8');
  // Beside the packages that the snippets import.
  directory = await mkdtemp(join(root, 'suite', 'node_modules', '.guide-'));
  suite = await runSuiteWithKnownKeys(redisEnv);
}, 60_000);
afterAll(async () => {
  await suite?.stop();
  await rm(directory, { recursive: true, force: true });
});

interface Snippet {
  readonly file: string;
  /** Commands of which the first that works runs the file. */
  readonly tools: readonly string[];
  /** Arguments with which a tool shows that it can do what the snippet needs. */
  readonly probe: readonly string[];
}

const snippets: readonly Snippet[] = [
  { file: 'fastify.mjs', tools: [process.execPath], probe: ['--version'] },
  { file: 'plain.mjs', tools: [process.execPath], probe: ['--version'] },
  {
    file: 'hello.py',
    tools: ['python3', '/usr/bin/python3'],
    probe: ['-c', 'import jwt, cryptography; jwt.PyJWKClient'],
  },
  { file: 'hello.go', tools: ['go'], probe: ['version'] },
];

function toolFor({ tools, probe }: Snippet): string | undefined {
  return tools.find((tool) => {
    try {
      execFileSync(tool, probe, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

describe('every snippet of the guide takes good tokens and no forged ones', () => {
  it.for(snippets.map((snippet) => ({ snippet, name: snippet.file })))(
    '$name',
    { timeout: 240_000 },
    async ({ snippet }, { skip }) => {
      const tool = toolFor(snippet) ?? skip(`${snippet.tools[0]} is not there, or lacks what ${snippet.file} needs`);
      await using service = await start(snippet, tool);
      const { access } = await login(suite.url);
      const good = await call('GET', service.url, { token: access });
      expect([good.status, good.json]).toEqual([200, { hello: suite.administrator, site: 'site-a.localhost' }]);
      const poor = suite.issuer.tokenFor({ scope: 'assets:read' });
      expect((await call('GET', service.url, { token: poor })).status).toBe(403);
      const missing = await call('GET', service.url);
      expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="gaia"']);
      const { issuer } = suite;
      assertAllRefused(await adversarialPack({ issuer, send: overHttp(service.url), level: 'essential' }));
    },
  );

  it.skipIf('unavailable' in redis)(
    'fastify.mjs follows the revocation feed',
    async () => {
      const [snippet] = snippets;
      if (snippet === undefined) throw new Error('there is no snippet');
      await using service = await start(snippet, process.execPath);
      const { access } = await login(suite.url);
      expect((await call('GET', service.url, { token: access })).status).toBe(200);
      expect((await call('POST', `${suite.url}/auth/logout`, { token: access })).status).toBe(204);
      await vi.waitFor(
        async () => {
          const { status, json } = await call('GET', service.url, { token: access });
          expect([status, json.code]).toEqual([401, 'token_revoked']);
        },
        { timeout: 15_000 },
      );
    },
    30_000,
  );
});

async function start({ file }: Snippet, tool: string): Promise<AsyncDisposable & { readonly url: string }> {
  const text = new RegExp(`<!-- run: ${file.replace('.', '\\.')} -->\\s*\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(
    guide,
  )?.[1];
  if (text === undefined) throw new Error(`the guide has no snippet ${file}`);
  const path = join(directory, file);
  await writeFile(path, text);
  const port = await freePorts(1);
  const env = {
    ...process.env,
    ...redisEnv,
    PORT: String(port),
    GAIA_ISSUER: suite.url,
    JWKS_URL: `${suite.url}/.well-known/jwks.json`,
  };
  const [program, ...args] = file.endsWith('.go') ? [await compiled(tool, path, text)] : [tool, path];
  const child = spawn(program ?? '', args, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = `http://127.0.0.1:${port}/hello`;
  try {
    await answering(child, url);
  } catch (error) {
    await end(child);
    throw error;
  }
  return { url, [Symbol.asyncDispose]: () => end(child) };
}

/** The program of a Go file. Compilation is slow, so its output is cached. */
async function compiled(tool: string, path: string, text: string): Promise<string> {
  const cache = join(root, 'suite', 'node_modules', '.guide-programs');
  const program = join(cache, createHash('sha256').update(text).digest('hex'));
  if (!existsSync(program)) {
    const fresh = join(directory, 'program');
    await promisify(execFile)(tool, ['build', '-o', fresh, path], { timeout: 120_000 });
    await mkdir(cache, { recursive: true });
    await rename(fresh, program);
  }
  return program;
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  await vi.waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`it has ended: ${said}`);
      return fetch(url);
    },
    { timeout: 90_000, interval: 100 },
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}
