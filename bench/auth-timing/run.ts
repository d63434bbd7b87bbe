// Can the time of an answer tell who is known? Logs in with a wrong password and asks for new passwords, over HTTP and at
// the default cost of a hash, for users who are known, unknown, slowed down after many mistakes, and disabled: 200 of each,
// one after the other in random order, and compares every kind with every other. Needs nothing but this workspace.
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@gaia/auth/config';
import { start } from '@gaia/auth/start';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';
import { createLogger } from '@gaia/http-service/logger';
import { openState } from '@gaia/state/open';
import { mannWhitney } from './mann-whitney.ts';

const EACH = Number(process.env.BENCH_EACH ?? 200);
const WARM_UP = 10;
/** Users of a kind; few enough questions for each that none is slowed down, or left without mail, by the questions. */
const USERS = Math.ceil((EACH + WARM_UP) / 4);
const MISTAKES = 25;
const kinds = ['known', 'unknown', 'slowed down', 'disabled'] as const;
type Kind = (typeof kinds)[number];

const administrator = { email: 'root@bench.test', password: randomBytes(18).toString('base64url') };
const logger = createLogger({ service: 'auth', level: 'fatal' });
const directory = await mkdtemp(join(tmpdir(), 'gaia-auth-timing-'));
const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), durable: false });
const state = openState({ redisUrl: undefined, now: Date.now });
const app = await start(
  loadConfig({
    DATABASE_URL: await postgres.ensureDatabase('auth'),
    AUTH_KEK: randomBytes(32).toString('base64url'),
    AUTH_REFRESH_SECRET: randomBytes(32).toString('base64url'),
    GAIA_ADMIN_EMAIL: administrator.email,
    GAIA_ADMIN_PASSWORD: administrator.password,
    MAIL_DIR: join(directory, 'mail'),
    PORT: '0',
  }),
  { logger, state },
);
const url = await app.listen({ port: 0, host: '127.0.0.1' });

let questions = 0;
/** Every question comes from an address of its own, so that the address never matters. */
function nextAddress(): string {
  questions += 1;
  return `10.${(questions >> 16) & 255}.${(questions >> 8) & 255}.${questions & 255}`;
}

async function post(path: string, body: object, token?: string, method = 'POST'): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': nextAddress(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
}

async function expectStatus(answer: Response, status: number): Promise<Record<string, unknown>> {
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

const emailOf = (kind: Kind, index: number) => `${kind.replace(' ', '-')}.${index % USERS}@bench.test`;
const login = (email: string) => post('/auth/login', { email, password: 'not the password' });

const token = String((await expectStatus(await post('/auth/login', administrator), 200)).access_token);
for (const kind of kinds) {
  if (kind === 'unknown') continue;
  for (let index = 0; index < USERS; index += 1) {
    const password = randomBytes(12).toString('base64url');
    const { id } = await expectStatus(await post('/auth/users', { email: emailOf(kind, index), password }, token), 201);
    if (kind === 'disabled')
      await expectStatus(await post(`/auth/users/${id}`, { disabled: true }, token, 'PATCH'), 200);
  }
}
for (let mistake = 0; mistake < MISTAKES * USERS; mistake += 1) {
  await expectStatus(await login(emailOf('slowed down', mistake)), 401);
}

const plans = {
  login: { ask: login, status: 401 },
  forgot: { ask: (email: string) => post('/auth/forgot', { email }), status: 202 },
};

let different = 0;
for (const [name, { ask, status }] of Object.entries(plans)) {
  const times = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
  const order = kinds.flatMap((kind) => Array.from({ length: EACH + WARM_UP }, (_, index) => ({ kind, index })));
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    const [a, b] = [order[index], order[other]];
    if (a !== undefined && b !== undefined) {
      order[index] = b;
      order[other] = a;
    }
  }
  for (const { kind, index } of order) {
    const startedAt = performance.now();
    const answer = await ask(emailOf(kind, index));
    await answer.arrayBuffer();
    const time = performance.now() - startedAt;
    if (answer.status !== status) throw new Error(`${name} of ${emailOf(kind, index)} answered ${answer.status}`);
    if (index >= WARM_UP) times.get(kind)?.push(time);
  }
  console.log(`\n${name}: median of ${EACH} answers, in milliseconds`);
  for (const kind of kinds) console.log(`  ${kind.padEnd(12)} ${median(times.get(kind) ?? []).toFixed(2)}`);
  for (const [index, kind] of kinds.entries()) {
    for (const other of kinds.slice(index + 1)) {
      const p = mannWhitney(times.get(kind) ?? [], times.get(other) ?? []);
      if (p < limit()) different += 1;
      console.log(`  ${`${kind} / ${other}`.padEnd(26)} p = ${p.toFixed(4)}`);
    }
  }
}
console.log(
  different === 0
    ? `\nindistinguishable: no p is below ${limit().toFixed(4)} (0.05 over all comparisons, Bonferroni)`
    : `\n${different} pairs can be told apart (p below ${limit().toFixed(4)})`,
);

await app.close();
await state.close();
await postgres.stop();
await rm(directory, { recursive: true, force: true });
process.exitCode = different === 0 ? 0 : 1;

/** Of so many comparisons some look unlikely by chance alone. */
function limit(): number {
  return 0.05 / (Object.keys(plans).length * ((kinds.length * (kinds.length - 1)) / 2));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
