import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { openState } from '@gaia/state/open';
import type { State } from '@gaia/state/state';
import { testDatabase } from '@gaia/test-servers/postgres';
import { redisUnavailableReason, testRedis } from '@gaia/test-servers/state';
import { expect, vi } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type HashThreads, openHashThreads } from '../../src/passwords/hash-threads.ts';
import { start } from '../../src/start.ts';
import { mailTo } from './mailbox.ts';

export const ADMIN = Object.freeze({ email: 'root@gaia.test', password: 'correct horse battery' });
export const ISSUER = 'http://localhost:8080';

/** A clock that tests move. */
export interface Clock {
  now(): number;
  /** Milliseconds. */
  advance(ms: number): void;
}

export function createClock(start = Date.UTC(2026, 10, 22, 12, 0, 0, 400)): Clock {
  let at = start;
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}

export interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly refresh_expires_in: number;
  readonly scope: string;
}

export interface AuthUnderTest extends AsyncDisposable {
  readonly app: Service;
  readonly state: State;
  readonly clock: Clock;
  readonly databaseUrl: string;
  /** Where its mails are written. */
  readonly mailDirectory: string;
  readonly env: Readonly<Record<string, string>>;
  /** All that the service has logged. */
  logged(): string;
  post(url: string, payload?: unknown, accessToken?: string): Promise<Answer>;
  get(url: string, accessToken?: string): Promise<Answer>;
  send(method: 'PUT' | 'PATCH' | 'DELETE', url: string, accessToken: string, payload?: unknown): Promise<Answer>;
  /** Tokens of the first administrator, or of whom else; expects success. */
  login(body?: Readonly<Record<string, unknown>>): Promise<Tokens>;
  /** Waits until the token is refused as revoked: with Redis, that is one push away. */
  revoked(accessToken: string): Promise<void>;
  /** A new user with roles on a site that is made if it is missing; the address is unproved. */
  member(options: MemberOptions): Promise<TestMember>;
  /** The same with a proved address, and a password and names that they have chosen. */
  provedMember(options: MemberOptions): Promise<TestMember>;
}

export interface MemberOptions {
  readonly site: string;
  readonly roles?: readonly string[];
  readonly name?: string;
}

export interface TestMember {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly password: string;
  readonly site: string;
}

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look at is asserted there
  json(): any;
}

export type Backend = 'memory' | 'redis';

/** The state backends that this run can test with. */
export const backends: readonly Backend[] = redisUnavailableReason() === undefined ? ['memory', 'redis'] : ['memory'];

/** One key for all services of a test file: making one takes longer than all else that a start does. */
let keyFile: string | undefined;

function ownKeyFile(): string {
  if (keyFile !== undefined) return keyFile;
  const directory = mkdtempSync(join(tmpdir(), 'gaia-auth-key-'));
  process.once('exit', () => rmSync(directory, { recursive: true }));
  keyFile = join(directory, 'key.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return keyFile;
}

/** Threads for all services of the process: beginning one takes longer than many cheap hashes. */
let hashThreads: HashThreads | undefined;

export function sharedHashThreads(): HashThreads {
  hashThreads ??= openHashThreads(2);
  return hashThreads;
}

const cheapHashes = { ARGON2_MEMORY_KIB: '64', ARGON2_PASSES: '1' };

/** The whole service on a database of its own and, unless one is given, a state of its own. */
export async function startAuth(
  options: {
    env?: Readonly<Record<string, string>>;
    backend?: Backend;
    state?: State;
    databaseUrl?: string;
    clock?: Clock;
    announce?: (administrator: { email: string; password: string }) => void;
    /** The services beside it; they are away unless something else is said. */
    fetch?: typeof globalThis.fetch;
    hashThreads?: HashThreads;
  } = {},
): Promise<AuthUnderTest> {
  const clock = options.clock ?? createClock();
  const databaseUrl = options.databaseUrl ?? (await testDatabase('auth')).url;
  const state = options.state ?? openTestState(options.backend ?? 'memory', clock);
  const mailDirectory = mkdtempSync(join(tmpdir(), 'gaia-auth-mail-'));
  const env = {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_SIZE: '4',
    AUTH_KEK: randomBytes(32).toString('base64url'),
    AUTH_REFRESH_SECRET: randomBytes(32).toString('base64url'),
    GAIA_ADMIN_EMAIL: ADMIN.email,
    GAIA_ADMIN_PASSWORD: ADMIN.password,
    AUTH_SIGNING_KEY_FILE: ownKeyFile(),
    MAIL_DIR: mailDirectory,
    ...cheapHashes,
    ...options.env,
  };
  const lines: string[] = [];
  const logger = createLogger({ service: 'auth', level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const { announce } = options;
  const app = await start(loadConfig(env), {
    logger,
    state,
    hashThreads: options.hashThreads ?? sharedHashThreads(),
    fetch: options.fetch ?? servicesAway,
    now: clock.now,
    sleep: async (ms) => clock.advance(ms),
    ...(announce && { announce }),
  });

  async function send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    token?: string,
    body?: unknown,
  ) {
    return (await app.inject({
      method,
      url,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body !== undefined && { payload: body as object }),
    })) as Answer;
  }

  async function login(body: Readonly<Record<string, unknown>> = ADMIN): Promise<Tokens> {
    const answer = await send('POST', '/auth/login', undefined, body);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json() as Tokens;
  }

  async function makeMember(options: MemberOptions, withPassword: boolean): Promise<TestMember> {
    const { site, roles = ['member'], name = `user${randomBytes(4).toString('hex')}` } = options;
    const { access_token: admin } = await login();
    const made = await send('POST', '/auth/sites', admin, { id: site, name: site });
    expect([201, 409]).toContain(made.statusCode);
    const member = { email: `${name}@gaia.test`, username: name, password: `quiet lanterns of ${name}` };
    const { password, ...names } = { ...member, name };
    const user = await send('POST', '/auth/users', admin, withPassword ? { ...names, password } : names);
    expect(user.statusCode, user.body).toBe(201);
    const { id } = user.json();
    const added = await send('PUT', `/auth/sites/${site}/members/${id}`, admin, { roles });
    expect(added.statusCode, added.body).toBe(201);
    return { id, site, ...member };
  }

  return {
    app,
    state,
    clock,
    databaseUrl,
    mailDirectory,
    env,
    logged: () => lines.join(''),
    post: (url, payload, accessToken) => send('POST', url, accessToken, payload),
    get: (url, accessToken) => send('GET', url, accessToken),
    send: (method, url, accessToken, payload) => send(method, url, accessToken, payload),
    login,
    revoked: (accessToken) =>
      vi.waitFor(
        async () => {
          expect(refusal(await send('GET', '/auth/me', accessToken))).toEqual({ status: 401, code: 'token_revoked' });
        },
        { timeout: 15_000 },
      ),
    member: (options) => makeMember(options, true),
    provedMember: async (options) => {
      const { id, ...member } = await makeMember(options, false);
      const { token } = await mailTo({ mailDirectory }, member.email, /Confirm your address/);
      const { username, password } = member;
      const proved = await send('POST', '/auth/verify', undefined, { token, password, username, name: username });
      expect(proved.statusCode, proved.body).toBe(200);
      return { id, ...member };
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      if (options.state === undefined) await state.close();
      rmSync(mailDirectory, { recursive: true, force: true });
    },
  };
}

const servicesAway: typeof globalThis.fetch = () => Promise.reject(new TypeError('fetch failed'));

export function openTestState(backend: Backend, clock: Clock): State {
  const redis = backend === 'redis' ? testRedis() : undefined;
  return openState({ redisUrl: redis?.url, now: clock.now, ...(redis && { prefix: `${redis.prefix}:` }) });
}

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

/** What a problem answer says, for comparing. */
export function refusal(answer: Answer): { status: number; code: string } {
  expect(String(answer.headers['content-type'])).toContain('application/problem+json');
  return { status: answer.statusCode, code: answer.json().code };
}
