import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { State } from '@gaia/state/state';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSessionSecrets } from '../../src/sessions/session-secrets.ts';
import { COOKIE, type SignedIn, signIn, unsafe } from '../support/browser.ts';
import { createFakeAuth } from '../support/fake-auth.ts';
import { createClock, openGateway, SECRET, type TestGateway } from '../support/gateway.ts';
import { echo } from '../support/servers.ts';
import { stateBackends } from '../support/states.ts';

const cookieOf = ({ headers }: { readonly headers: IncomingMessage['headers'] }): string | undefined =>
  headers['set-cookie']?.find((line) => line.startsWith(`${COOKIE}=`))?.split(';', 1)[0];

const signedIn = async (gateway: TestGateway, cookie: string): Promise<boolean> =>
  (await gateway.send('/session', { headers: { cookie } })).json<{ authenticated: boolean }>().authenticated;

/** Sends a request and gives the head of its response, the body still to come. */
function open(gateway: TestGateway, path: string, method: string, headers: object, finish = true) {
  let sent: ClientRequest | undefined;
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    const all = { host: `localhost:${gateway.port}`, ...headers };
    sent = httpRequest({ port: gateway.port, host: '127.0.0.1', path, method, headers: all, agent: false }, resolve);
    sent.on('error', reject);
    if (finish) sent.end();
    else sent.flushHeaders();
    onTestFinished(() => void sent?.destroy());
  });
  return { response, end: (body: string) => void sent?.end(body) };
}

describe('a response that is streamed', () => {
  it('sets the cookie of a new id, which lives already, before its body has come', async () => {
    const auth = createFakeAuth();
    const { listener } = auth;
    Object.assign(auth, {
      listener: ((incoming, outgoing) => {
        if (incoming.url !== '/auth/me/password') return listener(incoming, outgoing);
        outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' });
        outgoing.write('{}\n');
      }) satisfies typeof listener,
    });
    const gateway = await openGateway({ auth });
    const session = await signIn(gateway);
    const headers = { cookie: session.cookie, 'x-csrf-token': session.csrf };
    const head = await open(gateway, '/auth/me/password', 'POST', headers).response;
    const cookie = cookieOf(head) ?? '';
    expect(head.headers['set-cookie']).toHaveLength(1);
    expect(cookie).not.toBe(session.cookie);
    expect([await signedIn(gateway, cookie), await signedIn(gateway, session.cookie)]).toEqual([true, false]);
    const csrf = String(head.headers['x-csrf-token']);
    expect((await gateway.send('/cms/x', unsafe({ ...session, cookie, csrf }))).status).toBe(200);
  });

  it.each(stateBackends())(
    'has stored refreshed tokens before its first byte, on $name',
    async ({ open: states, skip }) => {
      if (skip) return;
      const [one, other] = states(2);
      if (!one || !other) throw new Error('two replicas');
      const clock = createClock();
      const first = await openGateway({
        state: one,
        now: clock.now,
        cms: (incoming, outgoing) => {
          outgoing.writeHead(200, {
            'content-type': 'text/event-stream',
            'x-seen': incoming.headers.authorization ?? '',
          });
          outgoing.write('data: one\n\n');
        },
      });
      const second = await openGateway({ state: other, auth: first.auth, now: clock.now, cms: echo('cms') });
      const session = await signIn(first);
      clock.advance(901_000);
      const { headers } = await open(first, '/cms/events', 'GET', { cookie: session.cookie }).response;
      expect(headers).not.toHaveProperty('set-cookie');
      const seen = await second.seen('/cms/x', { headers: { cookie: session.cookie } });
      expect(seen.headers.authorization).toBe(headers['x-seen']);
      expect(first.auth.count('/auth/refresh')).toBe(1);
    },
  );

  it('clears the cookie of a session that has ended', async () => {
    const gateway = await openGateway({
      cms: (_incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
        outgoing.write('data: one\n\n');
      },
    });
    const { headers } = await open(gateway, '/cms/events', 'GET', { cookie: `${COOKIE}=${'A'.repeat(43)}` }).response;
    expect(headers['set-cookie']).toEqual([expect.stringMatching(/^gaia-8080=; Max-Age=0; Path=\/; .*HttpOnly/)]);
  });
});

describe('an id that changes', () => {
  it.each(stateBackends())('becomes one other id where two ask at once, on $name', async ({ open: states, skip }) => {
    if (skip) return;
    const [one, other] = states(2);
    if (!one || !other) throw new Error('two replicas');
    // Both have found the session before either ends its id.
    const waiting: (() => void)[] = [];
    const held = (state: State): State => ({
      ...state,
      revocations: {
        ...state.revocations,
        append: async (...args: Parameters<State['revocations']['append']>) => {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            if (waiting.length === 2) for (const go of waiting) go();
          });
          return state.revocations.append(...args);
        },
      },
    });
    const first = await openGateway({ state: held(one) });
    const second = await openGateway({ state: held(other), auth: first.auth });
    const session = await signIn(first);
    const answers = await Promise.all(
      [first, second].map((gateway) => gateway.send('/auth/me/password', unsafe(session))),
    );
    const cookies = answers.map(cookieOf).filter((cookie) => cookie !== `${COOKIE}=`);
    expect(cookies).toHaveLength(1);
    expect(await signedIn(second, String(cookies[0]))).toBe(true);
  });

  it.each([
    ['/session/site', '{"site":"site-b.localhost"}', '/auth/switch'],
    ['/session/reauthenticate', '{"current_password":"right"}', '/auth/reauthenticate'],
  ])('is of no use to a request to %s whose body comes later', async (path, body, asked) => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const seen = once(gateway.app.server, 'request');
    const late = open(
      gateway,
      path,
      'POST',
      {
        cookie: session.cookie,
        'x-csrf-token': session.csrf,
        'content-type': 'application/json',
        'content-length': String(body.length),
      },
      false,
    );
    await seen;
    const changed = await gateway.send('/auth/me/password', unsafe(session));
    late.end(body);
    const response = await late.response;
    expect(response.statusCode).toBe(401);
    expect(gateway.auth.count(asked)).toBe(0);
    expect(await signedIn(gateway, cookieOf(changed) ?? '')).toBe(true);
  });
});

describe('a sign-out', () => {
  it.each(stateBackends())('ends the session at every replica though auth is away, on $name', async (backend) => {
    if (backend.skip) return;
    const [one, other] = backend.open(2);
    if (!one || !other) throw new Error('two replicas');
    // The clock stands, so that nothing is forgotten because of its age.
    const { now } = createClock();
    const first = await openGateway({ state: one, now });
    const second = await openGateway({ state: other, auth: first.auth, now });
    const session: SignedIn = await signIn(first);
    expect(await signedIn(second, session.cookie)).toBe(true);
    first.auth.down = true;
    await first.send('/session', { method: 'DELETE', headers: { cookie: session.cookie } });
    await expect.poll(() => signedIn(second, session.cookie)).toBe(false);
  });
});

it('two installations on one machine do not sign each other out', async () => {
  const here = await openGateway({ env: { PUBLIC_URL: 'http://localhost:8080' } });
  const there = await openGateway({ env: { PUBLIC_URL: 'http://localhost:9090' } });
  const [one, other] = [await signIn(here), await signIn(there)];
  const cookie = `${one.cookie}; ${other.cookie}`;
  for (const gateway of [here, there]) {
    const answer = await gateway.send('/session', { headers: { cookie } });
    expect(answer.json()).toMatchObject({ authenticated: true });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  }
});

it.each(['gateway-sessions', 'browser-sessions'])(
  'the cookie and a record in %s of a version before are a signed-out browser',
  async (collection) => {
    const gateway = await openGateway({ env: { PUBLIC_URL: 'https://cms.example' } });
    const { records } = gateway.state;
    const [id, now] = ['A'.repeat(43), Date.now()];
    const key = hash('sha256', id, 'base64url');
    const former = { host: 'cms.example', user: { id: 'u1' }, tokens: { accessToken: 'x' }, endsAt: now + 60_000 };
    const { sessionSealer } = createSessionSecrets({ secret: SECRET, randomBytes });
    await records.set(collection, key, { sealed: sessionSealer.seal(JSON.stringify(former), key) }, now + 60_000, now);
    await records.set(`${collection}-seen`, key, { at: now }, now + 60_000, now);
    const headers = { host: 'cms.example', cookie: `__Host-gaia=${id}; gaia=${id}` };
    const answer = await gateway.send('/session', { headers });
    expect([answer.status, answer.json()]).toEqual([200, { authenticated: false }]);
    // Browsers take nothing of this prefix that is not Secure, and so would keep it.
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-gaia=; Max-Age=0; .*\bSecure\b/)]);
  },
);
