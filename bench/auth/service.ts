import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import { Agent, request } from 'undici';
import type { Cores } from './cores.ts';
import { type BenchRedis, startRedis } from './redis.ts';
import type { Order } from './server.ts';

export interface BenchService extends AsyncDisposable {
  readonly base: string;
  readonly redis: BenchRedis;
  post(path: string, body: object, options?: { address?: string; token?: string; method?: 'PUT' }): Promise<Answer>;
  /** Logs the next user in, from the user's own address. */
  login(): Promise<Answer>;
  /** Processor seconds that the service's process has used. */
  cpuSeconds(): Promise<number>;
  /** Milliseconds of processor time of one RS256 signature, in the service's process. */
  signatureCpuMs(): Promise<number>;
  /** Hashes and nothing else, in the service's process: passwords verified a second. */
  rawHashes(seconds: number): Promise<number>;
}

export type Answer = Readonly<Record<string, string>>;

const USERS = 128;
const AT_A_TIME = 8;
const SITE = 'site-a.localhost';
const administrator = { email: 'bench@gaia.test', password: 'a password of the benchmark 7391' };

/** The service as it runs by default, with a durable PostgreSQL, Redis, and members of a site who have logged in before. */
export async function startService(cores: Cores, connections: number): Promise<BenchService> {
  await using opened = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'gaia-bench-auth-'));
  opened.defer(() => rmSync(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres') });
  opened.defer(() => postgres.stop());
  const redis = await startRedis();
  opened.defer(() => redis.stop());
  const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)));
  opened.defer(() => void child.kill());
  if (child.pid !== undefined) cores.giveToService(child.pid);
  const dispatcher = new Agent({ connections });
  opened.defer(() => dispatcher.destroy());

  async function tell<T>(order: Order): Promise<T> {
    child.send(order);
    const [answer] = (await once(child, 'message')) as [T];
    return answer;
  }

  const { port } = await tell<{ port: number }>({
    env: {
      DATABASE_URL: await postgres.ensureDatabase('auth'),
      REDIS_URL: redis.url,
      AUTH_KEK: randomBytes(32).toString('hex'),
      AUTH_REFRESH_SECRET: randomBytes(32).toString('hex'),
      GAIA_ADMIN_EMAIL: administrator.email,
      GAIA_ADMIN_PASSWORD: administrator.password,
      GAIA_DATA_DIR: directory,
      MAIL_DIR: join(directory, 'mail'),
      ARGON2_CONCURRENCY: String(cores.hashes),
    },
  });
  const base = `http://127.0.0.1:${port}`;

  const post: BenchService['post'] = async (path, body, { address, token, method = 'POST' } = {}) => {
    const answer = await request(`${base}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(address !== undefined && { 'x-forwarded-for': address }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      dispatcher,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };

  let turn = 0;
  const login = () => {
    const user = turn % USERS;
    turn += 1;
    return post('/auth/login', { ...credentialsOf(user), site: SITE }, { address: `192.0.2.${user}` });
  };

  const token = (await post('/auth/login', administrator)).access_token ?? '';
  await post('/auth/sites', { id: SITE, name: 'Site A' }, { token });
  const makeUser = async (user: number) => {
    const { id } = await post('/auth/users', credentialsOf(user), { token });
    await post(`/auth/sites/${SITE}/members/${id}`, { roles: ['member'] }, { token, method: 'PUT' });
  };
  for (let user = 0; user < USERS; user += AT_A_TIME) {
    await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => makeUser(user + index)));
    await Promise.all(Array.from({ length: AT_A_TIME }, login));
  }

  const all = opened.move();
  return {
    base,
    redis,
    post,
    login,
    cpuSeconds: async () => (await tell<{ cpuSeconds: number }>('cpu')).cpuSeconds,
    signatureCpuMs: async () => (await tell<{ cpuMs: number }>('signature')).cpuMs,
    rawHashes: async (seconds) => {
      const order: Order = { hash: { seconds, parallel: cores.hashes } };
      return (await tell<{ hashes: number }>(order)).hashes;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function credentialsOf(user: number) {
  return { email: `member.${user}@bench.test`, password: `the password of member ${user} 7391` };
}
