import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, EDITOR, LINK_KEYS, MEMBER, startAssets } from '../assets-service.ts';

let service: AssetsService;
let fileA: string;
let fileB: string;
beforeAll(async () => {
  service = await startAssets({ PUBLIC_URL: 'https://files.example' });
  fileA = await service.textFile('file A');
  fileB = await service.textFile('file B');
  return service.close;
});

async function link(id: string, as = MEMBER): Promise<{ path: string; token: string; body: Record<string, unknown> }> {
  const headers = service.issuer.headersFor(as);
  const answer = await service.app.inject({ method: 'POST', url: `/assets/${id}/link`, headers });
  expect(answer.statusCode, answer.body).toBe(200);
  const url = new URL(answer.json().url);
  return { path: url.pathname + url.search, token: url.searchParams.get('token') ?? '', body: answer.json() };
}

const open = (id: string, token: string, method: 'GET' | 'HEAD' = 'GET') =>
  service.app.inject({ method, url: `/assets/${id}`, query: { token } });

describe('a download link', () => {
  it('opens its file without an access token, for five minutes', async () => {
    const { issuer, app } = service;
    const { path, body, token } = await link(fileA);
    expect(body).toMatchObject({ url: `https://files.example${path}`, expires_in: 300 });
    expect(Date.parse(String(body.expires_at)) - issuer.now()).toBeGreaterThan(298_000);
    const answer = await app.inject(path);
    expect(answer).toMatchObject({ statusCode: 200, body: 'file A' });
    expect(answer.headers['cache-control']).toMatch(/^private, max-age=(?:299|300)$/);
    await expect(open(fileA, token, 'HEAD')).resolves.toMatchObject({ statusCode: 200, body: '' });
    const part = await app.inject({ url: path, headers: { range: 'bytes=5-' } });
    expect(part).toMatchObject({ statusCode: 206, body: 'A' });
    issuer.travel(298);
    await expect(app.inject(path)).resolves.toMatchObject({ statusCode: 200 });
    issuer.travel(2);
    const late = await app.inject(path);
    expect(late.json()).toMatchObject({ status: 401, code: 'token_expired' });
    expect(late.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('says when it ends, and nothing of who made it', async () => {
    const maker = { ...EDITOR, subject: 'a-maker-of-links', sessionId: 'a-session-of-the-maker' };
    const { token, body } = await link(fileA, maker);
    const { header, payload } = partsOf(token);
    expect(header).toEqual({ alg: 'HS256', typ: 'download+jwt', kid: 'k1' });
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti']);
    expect(token.length).toBeLessThan(300);
    expect(JSON.stringify(body)).not.toMatch(/a-maker|a-session|editor|content:/);
  });

  it('opens what the one who made it may read now', async () => {
    const { app, issuer, textFile } = service;
    const id = await textFile('for a while');
    const { token } = await link(id);
    await expect(open(id, token)).resolves.toMatchObject({ statusCode: 200 });
    const headers = issuer.headersFor(EDITOR);
    const closed = await app.inject({
      method: 'PATCH',
      url: `/assets/${id}`,
      headers,
      payload: { visibility: 'private' },
    });
    expect(closed.statusCode, closed.body).toBe(200);
    expect((await open(id, token)).json()).toMatchObject({ status: 404, code: 'file_not_found' });
  });

  it('opens no other file, and no other method', async () => {
    const { app } = service;
    const { token } = await link(fileA);
    expect((await open(fileB, token)).json()).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await open('00000000-0000-4000-8000-000000000000', token)).json()).toMatchObject({ code: 'forbidden' });
    for (const method of ['DELETE', 'POST'] as const) {
      const url = method === 'POST' ? `/assets/${fileA}/link` : `/assets/${fileA}`;
      const answer = await app.inject({ method, url: `${url}?token=${token}` });
      expect(answer.json()).toMatchObject({ status: 401, code: 'token_missing' });
    }
    const metadata = await app.inject(`/assets/${fileA}/metadata?token=${token}`);
    expect(metadata.json()).toMatchObject({ status: 400, code: 'validation_failed' });
    const bare = await app.inject(`/assets/${fileA}/metadata`);
    expect(bare.json()).toMatchObject({ status: 401, code: 'token_missing' });
  });

  it('is no access token, and an access token is no link', async () => {
    const { app, issuer } = service;
    const { token } = await link(fileA);
    const asBearer = await app.inject({ url: `/assets/${fileA}`, headers: { authorization: `Bearer ${token}` } });
    expect(asBearer.json()).toMatchObject({ status: 401, code: 'token_invalid' });
    const asLink = await open(fileA, issuer.tokenFor(EDITOR));
    expect(asLink.json()).toMatchObject({ status: 401, code: 'token_invalid' });
    const both = await app.inject({ url: `/assets/${fileB}?token=${token}`, headers: issuer.headersFor(EDITOR) });
    expect(both.json()).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it.each([
    ['sid', (sid: string) => ({ kind: 'sid', id: sid }) as const],
    ['sub', () => ({ kind: 'sub', id: 'leaver', notBefore: 9_999_999_999 }) as const],
  ])('ends with the login that it was made with: %s', async (kind, revocation) => {
    const { issuer, state } = service;
    const { token } = await link(fileA, { ...MEMBER, subject: 'leaver', sessionId: `session-${kind}` });
    const other = await link(fileA, { ...MEMBER, subject: 'stayer', sessionId: 'another' });
    await expect(open(fileA, token)).resolves.toMatchObject({ statusCode: 200 });
    await state.revocations.append(revocation(`session-${kind}`), issuer.now() + 900_000, issuer.now());
    await expect.poll(async () => (await open(fileA, token)).json().code).toBe('token_revoked');
    await expect(open(fileA, other.token)).resolves.toMatchObject({ statusCode: 200 });
  });

  it('goes with its file, and never into a log', async () => {
    const { app, issuer, logs, textFile } = service;
    const gone = await textFile('x');
    const { token } = await link(gone);
    await app.inject({ method: 'DELETE', url: `/assets/${gone}`, headers: issuer.headersFor(EDITOR) });
    expect((await open(gone, token)).json()).toMatchObject({ status: 404, code: 'file_not_found' });
    await open(fileB, token);
    expect(logs.join('')).not.toContain(token.split('.')[2]);
    expect(logs.join('')).not.toContain('the-first-secret');
  });
});

function partsOf(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  return { header, payload };
}

describe('a forged link', () => {
  const SECRET = Buffer.from(LINK_KEYS.slice(3));
  /** What a genuine link refers to: known to everybody who holds the link. */
  let grant: string;
  beforeAll(async () => {
    grant = String(partsOf((await link(fileA)).token).payload.jti);
  });
  const forge = (
    change: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    secret: Uint8Array = SECRET,
  ) => {
    const now = Math.floor(service.issuer.now() / 1_000);
    const payload = { iss: 'assets', aud: 'assets', jti: grant, iat: now, exp: now + 300, ...change };
    return new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader(JSON.parse(JSON.stringify({ alg: 'HS256', typ: 'download+jwt', kid: 'k1', ...header })))
      .sign(secret);
  };
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('is made as a true one is, so that the others fail for their own reason', async () => {
    await expect(open(fileA, await forge())).resolves.toMatchObject({ statusCode: 200 });
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['another secret', () => forge({}, {}, Buffer.alloc(32, 1)), 'token_invalid'],
    ['another kid', () => forge({}, { kid: 'k2' }), 'token_invalid'],
    ['no kid', () => forge({}, { kid: undefined }), 'token_invalid'],
    ['another type', () => forge({}, { typ: 'at+jwt' }), 'token_invalid'],
    ['no type', () => forge({}, { typ: undefined }), 'token_invalid'],
    ['another algorithm', () => forge({}, { alg: 'HS512' }, Buffer.concat([SECRET, SECRET])), 'token_invalid'],
    ['another audience', () => forge({ aud: 'gaia' }), 'token_invalid'],
    ['another issuer', () => forge({ iss: 'cms' }), 'token_invalid'],
    ['no end', () => forge({ exp: undefined }), 'token_invalid'],
    ['no id', () => forge({ jti: undefined }), 'token_invalid'],
    ['the id of nothing', () => forge({ jti: 'x'.repeat(22) }), 'token_invalid'],
    ['an id that is no text', () => forge({ jti: 1 }), 'token_malformed'],
    ['an end that is far away', () => forge({ exp: Math.floor(service.issuer.now() / 1_000) + 301 }), 'token_invalid'],
    ['an end in the past', () => forge({ exp: Math.floor(service.issuer.now() / 1_000) - 1 }), 'token_expired'],
    [
      'no signature',
      () => `${encoded({ alg: 'none', typ: 'download+jwt', kid: 'k1' })}.${encoded({ jti: grant })}.`,
      'token_malformed',
    ],
    [
      'a changed claim',
      async () => {
        const [header, , signature] = (await forge()).split('.');
        return `${header}.${encoded({ jti: grant, exp: 9_999_999_999 })}.${signature}`;
      },
      'token_invalid',
    ],
    ['rubbish', () => 'rubbish', 'token_malformed'],
    ['three dots', () => '...', 'token_malformed'],
    ['a lot', () => 'a'.repeat(3_000), 'token_malformed'],
  ])('with %s is refused', async (_name, token, code) => {
    const answer = await open(fileA, await token());
    expect(answer.json().code).toBe(code);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  });

  it('twice in one address is refused', async () => {
    const { token } = await link(fileA);
    const answer = await service.app.inject(`/assets/${fileA}?token=${token}&token=${token}`);
    expect(answer.json()).toMatchObject({ status: 400, code: 'validation_failed' });
  });
});

it('signs with the first key and verifies with all', async () => {
  const old = await startAssets();
  const id = await old.textFile('x');
  const made = await old.app.inject({
    method: 'POST',
    url: `/assets/${id}/link`,
    headers: old.issuer.headersFor(MEMBER),
  });
  const { search } = new URL(made.json().url);
  const renewed = await startAssets({
    DATABASE_URL: old.databaseUrl,
    ASSETS_DIR: old.directory,
    ASSETS_LINK_KEYS: `k2:another-secret-of-32-characters-or-more,${LINK_KEYS}`,
  });
  await expect(renewed.app.inject(`/assets/${id}${search}`)).resolves.toMatchObject({ statusCode: 200 });
  const headers = renewed.issuer.headersFor(MEMBER);
  const next = await renewed.app.inject({ method: 'POST', url: `/assets/${id}/link`, headers });
  const token = new URL(next.json().url).searchParams.get('token') ?? '';
  expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid: 'k2' });
});
