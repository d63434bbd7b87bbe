import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Look, lookThroughDoors, nothing, readFeed } from './doors.ts';
import { login, runSuiteWithKnownKeys, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { mailedLink } from './mailed-link.ts';
import { type Answer, call } from './running-suite.ts';
import { type Claims, signedAs } from './signed-as.ts';

const otherSite = 'site-b.localhost';
const readersPassword = 'heron-waits-in-the-reeds';
const pdf = '%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n';

let suite: SuiteWithKnownKeys;
let cms: string;
beforeAll(async () => {
  suite = await runSuiteWithKnownKeys();
  cms = `${suite.url}/cms/sites/${site}`;
}, 60_000);
afterAll(() => suite?.stop());

async function good(answer: Promise<Answer>, status: number): Promise<Answer> {
  const got = await answer;
  if (got.status !== status) throw new Error(`answered ${got.status}: ${got.text}`);
  return got;
}

async function tokenOf(email: string, where: string): Promise<string> {
  const body = { email, password: readersPassword, site: where };
  return (await good(call('POST', `${suite.url}/auth/login`, { body }), 200)).json.access_token;
}

/** A user that an administrator makes; gives an access token. */
async function makeUser(name: string, where: string, roles: readonly string[]): Promise<string> {
  const { access: token } = await login(suite.url, where);
  const email = `${name}@example.com`;
  const user = await good(
    call('POST', `${suite.url}/auth/users`, { token, body: { email, password: readersPassword } }),
    201,
  );
  const member = `${suite.url}/auth/sites/${where}/members/${user.json.id}`;
  expect((await call('PUT', member, { token, body: { roles } })).status).toBeLessThan(300);
  return tokenOf(email, where);
}

/** Registers, follows the link in the mail, and logs in. */
async function register(email: string): Promise<{ token: string; id: string }> {
  const password = readersPassword;
  await good(call('POST', `${suite.url}/auth/sites/${site}/registrations`, { body: { email } }), 202);
  expect((await call('POST', `${suite.url}/auth/login`, { body: { email, password, site } })).status).toBe(401);
  const token = await mailedLink(suite.dataDir, email, '/verify');
  const verified = await good(call('POST', `${suite.url}/auth/verify`, { body: { token, password } }), 200);
  expect(verified.json).toEqual({ email, site });
  const access = await tokenOf(email, site);
  const me = await good(call('GET', `${suite.url}/auth/me`, { token: access }), 200);
  return { token: access, id: me.json.id };
}

async function upload(token: string, name: string, bytes: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([bytes], { type: 'application/pdf' }), name);
  const url = `${suite.url}/assets/sites/${site}/files`;
  return (await good(call('POST', url, { token, body: form }), 201)).json.id;
}

/** What a payment provider sends to an endpoint, as it would sign it. */
function message(secret: string, body: string, claims: Claims = {}) {
  const iat = Math.floor(Date.now() / 1_000);
  const digest = createHash('sha256').update(body).digest('hex');
  const token = signedAs(
    'webhook',
    { iat, exp: iat + 60, jti: randomUUID(), request_body_sha256: digest, ...claims },
    { signing: suite.issuer.key, ...suite.keys, webhookSecret: secret },
  );
  return (sent = body) =>
    fetch(`${suite.url}${endpoint.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: sent,
    });
}
let endpoint: { path: string; secret: string };

/** The token of a link, signed again by the same key with other claims. */
function resigned(link: string, change: (claims: Record<string, unknown>) => Claims): string {
  const url = new URL(link);
  const [, payload = ''] = (url.searchParams.get('token') ?? '').split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const keys = { signing: suite.issuer.key, ...suite.keys, webhookSecret: endpoint.secret };
  url.searchParams.set('token', signedAs('fileDownload', change(claims), keys));
  return url.href;
}

it('a reader finds, reads and downloads what was paid for, as long as it is published', async () => {
  // The site is open to everybody who comes, and sells a handbook.
  const { access: admin } = await login(suite.url);
  const sitePolicy = `${suite.url}/auth/sites/${site}`;
  await good(call('PATCH', sitePolicy, { token: admin, body: { registration: 'open' } }), 200);
  const fields = [
    { name: 'title', type: 'text', required: true },
    { name: 'body', type: 'richText' },
    { name: 'file', type: 'asset' },
  ];
  await good(call('POST', `${cms}/types`, { token: admin, body: { name: 'lesson', fields } }), 201);
  await good(call('POST', `${cms}/products`, { token: admin, body: { id: 'handbook', name: 'Handbook' } }), 201);
  endpoint = (await good(call('POST', `${cms}/webhooks`, { token: admin, body: { name: 'payments' } }), 201)).json;

  const soon = { timeout: 10_000, interval: 20 };

  // An editor publishes an article for holders of the handbook, with a PDF.
  const editor = await makeUser('edith', site, ['editor']);
  const file = await upload(editor, 'Rohrdommel – 第1章.pdf', pdf);
  const anotherFile = await upload(editor, 'notes.pdf', `${pdf}% notes\n`);
  const draft = await good(
    call('POST', `${cms}/entries`, {
      token: editor,
      body: {
        type: 'lesson',
        visibility: 'products',
        products: ['handbook'],
        fields: { title: 'The bittern', body: 'It booms & hides among <b>reeds</b>.', file },
      },
    }),
    201,
  );
  const entry = `${cms}/entries/${draft.json.id}`;
  const published = await good(call('POST', `${entry}/publish`, { token: editor }), 200);

  // Only editors find the draft, and the other site does not have it.
  const reader = await register('rita@example.com');
  const foreign = await makeUser('bob', otherSite, ['owner']);
  const look: Look = { url: suite.url, site, type: 'lesson', word: 'booms', files: [file, anotherFile] };
  const everything = { rest: [draft.json.id], graphql: [draft.json.id], search: [draft.json.id], searchTotal: 1 };
  const sight = (token: string | undefined, minSeq?: string) => lookThroughDoors({ ...look, minSeq }, token);
  const follower = suite.issuer.tokenFor({ role: 'service', site: null });
  const inFeed = async () => {
    const feed = await readFeed(suite.url, site, follower, published.json.seq);
    const { published: copy, access_class: accessClass } = feed.entries.get(draft.json.id) ?? {};
    const names = feed.classes.get(accessClass ?? 0)?.names ?? [];
    return { isPublished: Boolean(copy), names, holds: feed.holds.has(`${reader.id} handbook`) };
  };
  const expectNothingElsewhere = async () => {
    for (const token of [foreign, undefined]) expect(await sight(token)).toEqual(nothing);
    const own = await call('GET', `${suite.url}/search?site=${otherSite}&q=booms`, { token: foreign });
    expect([own.json.items, own.json.total]).toEqual([[], 0]);
    const filesThere = await call('GET', `${suite.url}/assets/sites/${otherSite}/files`, { token: foreign });
    expect(filesThere.json.items).toEqual([]);
    expect((await call('GET', `${suite.url}/assets/${file}`, { token: foreign })).status).toBe(404);
    expect((await call('GET', entry, { token: foreign })).status).toBe(403);
    expect((await call('GET', entry.replace(site, otherSite), { token: foreign })).status).toBe(404);
  };
  expect(await sight(editor, published.json.seq)).toEqual({ ...everything, files: [file, anotherFile].toSorted() });
  expect(await sight(reader.token, published.json.seq)).toEqual(nothing);
  expect((await call('GET', entry, { token: reader.token })).status).toBe(404);
  expect((await call('POST', `${suite.url}/assets/${file}/link`, { token: reader.token })).status).toBe(404);
  expect(await inFeed()).toEqual({ isPublished: true, names: ['handbook'], holds: false });
  await expectNothingElsewhere();

  // The payment provider says that the reader has paid: once, and in exactly these bytes.
  const paid = JSON.stringify({ type: 'payment.succeeded', user: reader.id, product: 'handbook', payment: 'p-1' });
  expect((await message(endpoint.secret, paid)(paid.replace('p-1', 'p-2'))).status).toBe(401);
  expect((await message('x'.repeat(43), paid)()).status).toBe(401);
  expect(await sight(reader.token)).toEqual(nothing);
  const send = message(endpoint.secret, paid);
  const delivered = await send();
  expect([delivered.status, await delivered.json()]).toMatchObject([200, { outcome: 'applied' }]);

  // As soon as search and files have heard of it, all doors are open to the reader (bench/content measures how soon).
  await vi.waitFor(async () => expect(await sight(reader.token)).toEqual({ ...everything, files: [file] }), soon);
  expect(await (await send()).json()).toMatchObject({ outcome: 'duplicate' });
  expect(await inFeed()).toEqual({ isPublished: true, names: ['handbook'], holds: true });
  const found = await call('GET', `${suite.url}/search?site=${site}&q=boom`, { token: reader.token });
  expect(found.json).toMatchObject({
    total: 1,
    items: [{ title: 'The bittern', highlight: 'It <mark>booms</mark> &amp; hides among reeds.' }],
  });
  const read = await call('GET', entry, { token: reader.token });
  expect(read.json).toMatchObject({ status: 'published', fields: { title: 'The bittern', file } });
  const query = `{ lesson(id: "${draft.json.id}") { title file { id file_name size } } search(q: "bittern") { total } }`;
  const graph = await call('POST', `${suite.url}/graphql`, { token: reader.token, body: { query } });
  expect(graph.json).toEqual({
    data: {
      lesson: { title: 'The bittern', file: { id: file, file_name: 'Rohrdommel – 第1章.pdf', size: pdf.length } },
      search: { total: 1 },
    },
  });

  // The link opens this file, for five minutes, and nothing else.
  const link = await good(call('POST', `${suite.url}/assets/${file}/link`, { token: reader.token }), 200);
  expect(link.json.expires_in).toBe(300);
  const download = await call('GET', link.json.url);
  expect([download.status, download.text]).toEqual([200, pdf]);
  expect(download.headers.get('content-type')).toBe('application/pdf');
  expect(download.headers.get('content-disposition')).toContain(encodeURIComponent('Rohrdommel – 第1章.pdf'));
  const moved = await call('GET', link.json.url.replace(file, anotherFile));
  expect([moved.status, moved.json.code]).toEqual([403, 'forbidden']);
  expect(
    (
      await call(
        'GET',
        resigned(link.json.url, (claims) => claims),
      )
    ).status,
  ).toBe(200);
  const late = (claims: Record<string, unknown>) => ({
    ...claims,
    iat: Number(claims.iat) - 301,
    exp: Number(claims.exp) - 301,
  });
  const expired = await call('GET', resigned(link.json.url, late));
  expect([expired.status, expired.json.code]).toEqual([401, 'token_expired']);
  await expectNothingElsewhere();

  // The editor unpublishes: every door closes, the link that lives on included. The reader still holds the product.
  const closed = await good(call('POST', `${entry}/unpublish`, { token: editor }), 200);
  expect(await sight(reader.token, closed.json.seq)).toEqual(nothing);
  expect((await call('GET', entry, { token: reader.token })).status).toBe(404);
  expect((await call('GET', `${suite.url}/assets/${file}`, { token: reader.token })).status).toBe(404);
  expect((await call('GET', link.json.url)).json).toMatchObject({ status: 404, code: 'file_not_found' });
  const after = await call('POST', `${suite.url}/graphql`, { token: reader.token, body: { query } });
  expect(after.json.data).toEqual({ lesson: null, search: { total: 0 } });
  expect(await inFeed()).toEqual({ isPublished: false, names: ['handbook'], holds: true });
  expect(await sight(editor)).toEqual({ ...everything, files: [file, anotherFile].toSorted() });
  await expectNothingElsewhere();

  // Published again it is there again, until the payment is refunded.
  const again = await good(call('POST', `${entry}/publish`, { token: editor }), 200);
  expect(await sight(reader.token, again.json.seq)).toEqual({ ...everything, files: [file] });
  const refund = JSON.stringify({ type: 'payment.refunded', user: reader.id, product: 'handbook', payment: 'p-1' });
  expect((await message(endpoint.secret, refund)()).status).toBe(200);
  await vi.waitFor(async () => expect(await sight(reader.token)).toEqual(nothing), soon);
  await expectNothingElsewhere();
}, 60_000);
