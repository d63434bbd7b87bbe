import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createClock } from '../support/gateway.ts';
import { openSites, type Sites } from '../support/sites.ts';
import type { Visitor } from '../support/visitor.ts';

const nonceOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Goes as far as the link with the token, and does not follow it. */
async function linkFor(sites: Sites, visitor: Visitor): Promise<string> {
  const start = await visitor.get(`${sites.b}/sso?from=site-a.localhost&return=/welcome`);
  const link = await visitor.get(String(start.headers.location));
  expect(link.status).toBe(303);
  return String(link.headers.location);
}

async function isSignedIn(visitor: Visitor, origin: string): Promise<boolean> {
  const answer = await visitor.get(`${origin}/session`);
  return answer.json<{ authenticated: boolean }>().authenticated;
}

describe('walking over to another site', () => {
  it('signs in there with a session of its own, and leaves no token in the address', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const { way } = await visitor.follow(`${sites.b}/sso?from=site-a.localhost&return=/welcome?x=1`);
    expect(way.map((url) => url.replace(/(token|nonce)=[^&]+/, '$1='))).toEqual([
      `${sites.b}/sso?from=site-a.localhost&return=/welcome?x=1`,
      `${sites.a}/sso/authorize?host=site-b.localhost&nonce=`,
      `${sites.b}/sso?token=`,
      `${sites.b}/welcome?x=1`,
    ]);
    expect(await isSignedIn(visitor, sites.b)).toBe(true);
    const [a, b] = ['site-a.localhost', 'site-b.localhost'].map((host) => visitor.cookies.get(host)?.get(sites.cookie));
    expect(b).not.toBe(a);
    expect([...(visitor.cookies.get('site-b.localhost')?.keys() ?? [])]).toEqual([sites.cookie]);
  });

  it('gives another session id, whatever the browser had there, and that one is dead', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const jar = new Map([[sites.cookie, 'A'.repeat(43)]]);
    visitor.cookies.set('site-b.localhost', jar);
    const walk = () => visitor.follow(`${sites.b}/sso?from=site-a.localhost`);
    await walk();
    const first = jar.get(sites.cookie) ?? '';
    expect(first).toMatch(/^(?!A{43})[\w-]{43}$/);
    jar.delete(sites.cookie);
    await walk();
    expect(jar.get(sites.cookie)).not.toBe(first);
    expect(await isSignedIn(visitor, sites.b)).toBe(true);
  });

  it.each([
    ['a day without use, as there', {}, false],
    ['as long as they want to stay signed in, as there', { remember: 'on' }, true],
  ])('lasts %s', async (_how, filled, lasts) => {
    const sites = await openSites();
    const visitor = sites.visitor();
    const signedIn = await visitor.fill(`${sites.a}/sign-in`, {
      name: 'ann@example.org',
      password: 'right',
      ...filled,
    });
    const isRight = expect.stringMatching(
      lasts ? /^gaia-\d+=[\w-]{43}; Path=\/; Expires=/ : /^gaia-\d+=[\w-]{43}; Path=\/; HttpOnly/,
    );
    expect(signedIn.headers['set-cookie']).toContainEqual(isRight);
    const link = await linkFor(sites, visitor);
    const end = await visitor.get(link);
    expect(end.headers['set-cookie']).toContainEqual(isRight);
  });

  it('is neither kept nor told to the next page on the way', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const start = await visitor.get(`${sites.b}/sso?from=site-a.localhost`);
    const middle = await visitor.get(String(start.headers.location));
    const end = await visitor.get(String(middle.headers.location));
    for (const { headers } of [start, middle, end]) {
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    }
    expect(end.headers.location).toBe('/');
  });

  it('asks for a password where there is no session, and goes on from there', async () => {
    const sites = await openSites();
    const visitor = sites.visitor();
    const { answer, way } = await visitor.follow(`${sites.b}/sso?return=/x`);
    expect(answer.status).toBe(200);
    const page = way.at(-1) ?? '';
    expect(page.startsWith(`${sites.central}/sign-in?return=`)).toBe(true);
    // Browsers check where the answer to a form leads, redirects included.
    expect(answer.headers['content-security-policy']).toContain(`form-action 'self' ${sites.b}`);
    const signedIn = await visitor.fill(page, { name: 'ann@example.org', password: 'right' });
    const { way: rest } = await visitor.follow(new URL(String(signedIn.headers.location), page).href);
    expect(rest.at(-1)).toBe(`${sites.b}/x`);
    expect(await isSignedIn(visitor, sites.b)).toBe(true);
  });

  it('lets several tabs do so at once', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const starts = [await visitor.get(`${sites.b}/sso?from=site-a.localhost&return=/one`)];
    starts.push(await visitor.get(`${sites.b}/sso?from=site-a.localhost&return=/two`));
    for (const [index, start] of starts.entries()) {
      const link = await visitor.get(String(start.headers.location));
      const end = await visitor.get(String(link.headers.location));
      expect(end.headers.location).toBe(['/one', '/two'][index]);
    }
  });

  it('ends everywhere when it ends anywhere', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    await visitor.follow(`${sites.b}/sso?from=site-a.localhost`);
    expect(await isSignedIn(visitor, sites.b)).toBe(true);
    const out = await visitor.fill(`${sites.b}/account`, {}, (form) => form.delete('id'));
    expect(out.status).toBe(303);
    const signOut = await visitor.get(`${sites.b}/account`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(signOut.text)?.[1] ?? '';
    const cookie = [...(visitor.cookies.get('site-b.localhost') ?? [])].map((pair) => pair.join('=')).join('; ');
    const answer = await sites.gateway.send('/account/sign-out', {
      method: 'POST',
      headers: { host: new URL(sites.b).host, cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: `csrf=${csrf}`,
    });
    expect(answer.status).toBe(200);
    await vi.waitFor(async () => expect(await isSignedIn(visitor, sites.a)).toBe(false), { timeout: 15_000 });
    expect(await isSignedIn(visitor, sites.b)).toBe(false);
  });
});

describe('a link with a token signs nobody in', () => {
  it('when it was used before', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const link = await linkFor(sites, visitor);
    expect((await visitor.get(link)).status).toBe(303);
    const again = await visitor.get(link, { accept: 'application/json' });
    expect(again.json()).toMatchObject({ status: 403, code: 'sign_on_refused', cause: 'used' });
  });

  it('when it was planted in another browser, and then not in its own either', async () => {
    const sites = await openSites();
    const attacker = await sites.signedInAtA();
    const link = await linkFor(sites, attacker);
    const victim = sites.visitor();
    await victim.get(`${sites.b}/sso?from=site-a.localhost`);
    const planted = await victim.get(link, { accept: 'application/json' });
    expect(planted.json()).toMatchObject({ status: 403, cause: 'other_browser' });
    expect(await isSignedIn(victim, sites.b)).toBe(false);
    const stolen = await attacker.get(link, { accept: 'application/json' });
    expect(stolen.json()).toMatchObject({ status: 403, cause: 'used' });
    expect(sites.auth.count('/auth/sso/exchange')).toBe(0);
  });

  it('when the nonce was another browser’s', async () => {
    const sites = await openSites();
    const attacker = sites.visitor();
    const start = await attacker.get(`${sites.b}/sso?from=site-a.localhost`);
    const victim = await sites.signedInAtA();
    // The victim is lured to the address that the attacker's browser was sent to.
    const link = String((await victim.get(String(start.headers.location))).headers.location);
    expect((await victim.get(link)).status).toBe(403);
    expect(await isSignedIn(victim, sites.b)).toBe(false);
    expect((await attacker.get(link)).status).toBe(403);
  });

  it.each<[string, string, (sites: Sites, now: number) => Parameters<Sites['auth']['handOver']>[0]]>([
    ['is expired', 'expired', (_, now) => ({ claims: { iat: now - 100, nbf: now - 100, exp: now - 40 } })],
    ['comes from the future', 'issued_in_future', (_, now) => ({ claims: { iat: now + 90, exp: now + 150 } })],
    ['lives too long', 'lifetime_too_long', (_, now) => ({ claims: { exp: now + 61 } })],
    ['is for another site', 'audience_wrong', ({ a }) => ({ claims: { aud: a } })],
    ['is for another port', 'audience_wrong', () => ({ claims: { aud: 'http://site-b.localhost:9999' } })],
    ['is for another scheme', 'audience_wrong', ({ b }) => ({ claims: { aud: b.replace('http:', 'https:') } })],
    ['is for several', 'claim_malformed', ({ a, b }) => ({ claims: { aud: [a, b] } })],
    ['is of another issuer', 'issuer_unknown', () => ({ claims: { iss: 'http://evil.example' } })],
    ['is an access token', 'type_not_allowed', () => ({ claims: {}, header: { typ: 'at+jwt' } })],
    ['is unsigned', 'algorithm_not_allowed', () => ({ claims: {}, header: { alg: 'none' } })],
    ['is HMAC', 'algorithm_not_allowed', () => ({ claims: {}, header: { alg: 'HS256' } })],
    ['brings its own key', 'header_not_allowed', () => ({ claims: {}, header: { jwk: {} } })],
    ['has an unknown key', 'key_unknown', () => ({ claims: {}, header: { kid: 'k2' } })],
    ['is signed with another key', 'signature_wrong', () => ({ claims: {}, key: strangersKey() })],
    ['has no nonce', 'claim_missing', () => ({ claims: { nonce: undefined } })],
    ['has no id', 'claim_missing', () => ({ claims: { jti: undefined } })],
    ['has a nonce of no browser', 'other_browser', () => ({ claims: { nonce: nonceOf('x') } })],
  ])('when it %s', async (_, cause, change) => {
    const clock = createClock();
    const sites = await openSites({ now: clock.now });
    const visitor = sites.visitor();
    const start = await visitor.get(`${sites.b}/sso?from=site-a.localhost`);
    const nonce = new URL(String(start.headers.location)).searchParams.get('nonce');
    const changed = change(sites, Math.floor(clock.now() / 1_000));
    const claims = { aud: sites.b, sid: 's1', site: 'site-b.localhost', nonce, ...changed.claims };
    const token = sites.auth.handOver({ ...changed, claims });
    const answer = await visitor.get(`${sites.b}/sso?token=${token}`, { accept: 'application/json' });
    expect(answer.json()).toMatchObject({ status: 403, code: 'sign_on_refused', cause });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(sites.auth.count('/auth/sso/exchange')).toBe(0);
  });
});

function strangersKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
}

describe('the way itself', () => {
  it.each([
    ['/sso?return=//evil.example', 400, 'return_path_refused'],
    ['/sso?return=/%5Cevil.example', 400, 'return_path_refused'],
    ['/sso?return=@evil.example', 400, 'return_path_refused'],
    ['/sso?return=/%0d%0aSet-Cookie:%20x=1', 400, 'return_path_refused'],
    ['/sso?return=javascript:alert(1)', 400, 'return_path_refused'],
    ['/sso?return=http://site-b.localhost:9999/', 400, 'return_path_refused'],
    ['/sso?from=evil.example', 404, 'site_not_found'],
    ['/sso?from=site-a.localhost:9999', 400, 'validation_failed'],
    ['/sso?from=site-a.localhost@evil.example', 400, 'validation_failed'],
    ['/sso?from=evil.example%2Fsite-a.localhost', 400, 'validation_failed'],
    ['/sso?from=site-a.localhost&from=evil.example', 400, 'validation_failed'],
    ['/sso?to=evil.example', 400, 'validation_failed'],
    [`/sso/authorize?host=evil.example&nonce=${nonceOf('x')}`, 404, 'site_not_found'],
    [`/sso/authorize?host=site-b.localhost:9999&nonce=${nonceOf('x')}`, 400, 'validation_failed'],
    [`/sso/authorize?host=//evil.example&nonce=${nonceOf('x')}`, 400, 'validation_failed'],
    ['/sso/authorize?host=site-b.localhost', 400, 'validation_failed'],
    ['/sso/authorize?host=site-b.localhost&nonce=short', 400, 'validation_failed'],
  ])('%s → %i %s', async (path, status, code) => {
    const sites = await openSites();
    const answer = await sites.visitor().get(sites.b + path, { accept: 'application/json' });
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers).not.toHaveProperty('location');
  });

  it('is not gone in a frame, by a script or by an image of another site', async () => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const url = `${sites.a}/sso/authorize?host=site-b.localhost&nonce=${nonceOf('x')}`;
    for (const headers of [
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'cors' },
    ]) {
      expect((await visitor.get(url, headers as Record<string, string>)).status).toBe(403);
    }
    expect(sites.auth.count('/auth/sso/hand-over')).toBe(0);
  });

  it.each([
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-host': 'site-a.localhost:9999', 'x-forwarded-proto': 'https' },
    { forwarded: 'host=evil.example;proto=https' },
    { 'x-original-host': 'evil.example' },
    { 'x-host': 'evil.example' },
    { 'x-gaia-site': 'evil.example' },
    { origin: 'http://evil.example', referer: 'http://evil.example/' },
  ])('leads nowhere else for a header that says so: %j', async (headers) => {
    const sites = await openSites();
    const visitor = await sites.signedInAtA();
    const spoofed = headers as unknown as Record<string, string>;
    const start = await visitor.get(`${sites.b}/sso?from=site-a.localhost&return=/x`, spoofed);
    const source = String(start.headers.location);
    expect(source.startsWith(`${sites.a}/sso/authorize?`)).toBe(true);
    const link = String((await visitor.get(source, spoofed)).headers.location);
    expect(link.startsWith(`${sites.b}/sso?token=`)).toBe(true);
    expect((await visitor.get(link, spoofed)).headers.location).toBe('/x');
  });

  it.each(['evil.example', 'site-b.localhost.evil.example', 'evil.example:8080', 'site-b.localhost@evil.example'])(
    'does not begin at the host %s, which is no site of ours',
    async (host) => {
      const sites = await openSites();
      const answer = await sites.gateway.send('/sso', { headers: { host, accept: 'application/json' } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers).not.toHaveProperty('location');
      expect(answer.headers).not.toHaveProperty('set-cookie');
    },
  );

  it('needs a registered site to start from', async () => {
    const sites = await openSites();
    const answer = await sites
      .visitor()
      .get(`${sites.central.replace('localhost', 'other.localhost')}/sso`, { accept: '*/*' });
    expect(answer.json()).toMatchObject({ status: 404, code: 'site_not_found' });
  });
});
