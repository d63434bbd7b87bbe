import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testDatabase } from '@gaia/test-servers/postgres';
import { expect, it, onTestFinished, vi } from 'vitest';
import { processTimeout, startMain } from './main-process.ts';
import { type Answer, call, freePorts, password } from './running-suite.ts';

/** `STATE_KILLS=50` for the long form. */
const kills = Number(process.env.STATE_KILLS ?? 2);
const WORKERS = 6;
/** What is checked after each start; the newest count. */
const MOST_CHECKED = 60;

/** A login that was answered; a token that was not answered is not in it. */
type Session =
  | { readonly kind: 'bearer'; access: string; refresh: string }
  | { readonly kind: 'cookie'; readonly cookie: string };

it(
  `npm start keeps sessions and revocations through one restart and ${kills} kills under load`,
  async () => {
    const database = await testDatabase('restart');
    onTestFinished(() => database.drop());
    const dataDir = await mkdtemp(join(tmpdir(), 'gaia-restart-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const port = await freePorts(6);
    const env = {
      PORT: String(port),
      GAIA_DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      GAIA_ADMIN_PASSWORD: password,
      GAIA_DEMO: 'off',
      RATE_LIMIT: 'off',
      // An answer that the kill took away is asked for again after the start, which can take long on a busy machine.
      REFRESH_GRACE_SECONDS: '300',
    };
    const client = sessionClient(`http://localhost:${port}`);
    let suite = await startMain(env);
    let alive: Session[] = [];
    let ended: Session[] = [];
    let checked = 0;

    for (const signal of ['SIGTERM', ...Array.from({ length: kills }, () => 'SIGKILL' as const)] as const) {
      const begun = client.answered();
      const work = startWork(client);
      const enough = begun + WORKERS + randomInt(60);
      await vi.waitFor(() => expect(client.answered()).toBeGreaterThanOrEqual(enough), {
        ...processTimeout,
        interval: 1,
      });
      client.expectOutage(true);
      await suite.end(signal);
      await work.stop();
      alive = [...alive, ...work.alive].slice(-MOST_CHECKED);
      ended = [...ended, ...work.ended].slice(-MOST_CHECKED);
      suite = await startMain(env);
      client.expectOutage(false);
      expect(await Promise.all(alive.map(client.isAlive))).toEqual(alive.map(() => true));
      expect(await Promise.all(ended.map(client.isEnded))).toEqual(ended.map(() => true));
      checked += work.alive.size + work.ended.length;
      expect(client.faults()).toEqual([]);
    }
    expect(checked).toBeGreaterThan(kills);
  },
  60_000 * (kills + 3),
);

type Client = ReturnType<typeof sessionClient>;

/** Logins, refreshes and logouts until the process ends. */
function startWork(client: Client) {
  const alive = new Set<Session>();
  const ended: Session[] = [];
  let stopped = false;
  async function work(kind: Session['kind']): Promise<void> {
    while (!stopped) {
      const session = await client.begin(kind);
      if (session === undefined) await delay(5);
      else {
        alive.add(session);
        for (let refreshes = randomInt(3); refreshes > 0; refreshes -= 1) await client.refresh(session);
        if (randomInt(4) > 0) {
          // From here to the answer it may have ended or not.
          alive.delete(session);
          if (await client.end(session)) ended.push(session);
        }
      }
    }
  }
  const workers = Array.from({ length: WORKERS }, (_, index) => work(index % 2 === 0 ? 'bearer' : 'cookie'));
  return {
    alive,
    ended,
    async stop() {
      stopped = true;
      await Promise.all(workers);
    },
  };
}

/** Connections may fail; any response other than success is a fault. */
function sessionClient(url: string) {
  const user = { email: 'admin@localhost', password };
  const faults: string[] = [];
  let answered = 0;
  let outage = false;

  async function attempt(
    method: string,
    path: string,
    options: Parameters<typeof call>[2],
  ): Promise<Answer | undefined> {
    const answer = await call(method, url + path, options).catch(() => undefined);
    // The gateway can be there a moment longer than what it asks.
    if (answer === undefined || (outage && answer.status >= 500)) return undefined;
    if (answer.status < 300) answered += 1;
    else faults.push(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.status < 300 ? answer : undefined;
  }

  const csrfOf = async (cookie: string): Promise<string> =>
    (await call('GET', `${url}/session`, { headers: { cookie } }).catch(() => undefined))?.json?.csrf_token ?? '';

  async function refresh(session: Session): Promise<boolean> {
    if (session.kind === 'cookie') {
      return (await attempt('GET', '/cms/whoami', { headers: { cookie: session.cookie } })) !== undefined;
    }
    const answer = await attempt('POST', '/auth/refresh', { body: { refresh_token: session.refresh } });
    if (answer === undefined) return false;
    session.access = answer.json.access_token;
    session.refresh = answer.json.refresh_token;
    return true;
  }

  return {
    faults: () => faults,
    answered: () => answered,
    expectOutage(is: boolean): void {
      outage = is;
    },
    refresh,
    async begin(kind: Session['kind']): Promise<Session | undefined> {
      if (kind === 'cookie') {
        const cookie = (await attempt('POST', '/session', { body: user }))?.headers.get('set-cookie')?.split(';', 1)[0];
        return cookie === undefined ? undefined : { kind, cookie };
      }
      const tokens = (await attempt('POST', '/auth/login', { body: user }))?.json;
      return tokens && { kind, access: tokens.access_token, refresh: tokens.refresh_token };
    },
    async end(session: Session): Promise<boolean> {
      if (session.kind === 'bearer') {
        return (await attempt('POST', '/auth/logout', { body: { refresh_token: session.refresh } })) !== undefined;
      }
      const { cookie } = session;
      const headers = { cookie, 'x-csrf-token': await csrfOf(cookie) };
      if (headers['x-csrf-token'] === '') return false;
      return (await attempt('DELETE', '/session', { headers })) !== undefined;
    },
    async isAlive(session: Session): Promise<boolean> {
      if (
        session.kind === 'bearer' &&
        (await call('GET', `${url}/cms/whoami`, { token: session.access })).status !== 200
      )
        return false;
      return refresh(session);
    },
    async isEnded(session: Session): Promise<boolean> {
      if (session.kind === 'cookie') {
        const { cookie } = session;
        const { json } = await call('GET', `${url}/session`, { headers: { cookie } });
        const { status } = await call('GET', `${url}/search/whoami`, { headers: { cookie } });
        return json.authenticated === false && status === 401;
      }
      const body = { refresh_token: session.refresh };
      const statuses = await Promise.all([
        call('GET', `${url}/auth/me`, { token: session.access }),
        call('GET', `${url}/assets/whoami`, { token: session.access }),
        call('POST', `${url}/auth/refresh`, { body }),
      ]);
      return statuses.every(({ status }) => status === 401);
    },
  };
}
