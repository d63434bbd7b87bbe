import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase } from '@gaia/test-servers/postgres';
import { loadConfig } from '../src/config.ts';
import { type SuiteOptions, startSuite } from '../src/suite.ts';

export const password = 'correct-horse-battery';

export interface RunningSuite {
  /** The gateway. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** The whole suite, as `npm start` starts it, on the test run's PostgreSQL and on ports of its own. */
export async function runSuite(
  env: Readonly<Record<string, string>> = {},
  { mode = 'together', say = () => {}, logTo, restart }: Partial<Omit<SuiteOptions, 'config' | 'env'>> = {},
): Promise<RunningSuite> {
  const database = await testDatabase('suite');
  const dataDir = await mkdtemp(join(tmpdir(), 'gaia-suite-'));
  const port = await freePorts(6);
  const all = {
    PORT: String(port),
    GAIA_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    GAIA_ADMIN_PASSWORD: password,
    LOG_LEVEL: 'error',
    ARGON2_MEMORY_KIB: '64',
    ...env,
  };
  const suite = await startSuite({ config: loadConfig(all, dataDir), env: all, mode, say, logTo, restart });
  return {
    url: `http://localhost:${port}`,
    port,
    dataDir,
    async stop() {
      await suite.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The first of some neighbouring ports on which nothing listens. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = randomInt(20_000, 32_000);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error('there are no neighbouring free ports');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
}

/** One call through a URL; a body that is no FormData goes as JSON. */
export async function call(
  method: string,
  url: string,
  options: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { token, body } = options;
  const isForm = body instanceof FormData;
  const answer = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
}
