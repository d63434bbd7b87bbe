import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, startCms, type TestCms } from '../cms.ts';
import { senderToken, type TokenParts } from './sender.ts';

let cms: TestCms;
let hook: { id: string; secret: string };
let otherHook: { id: string; secret: string };
const bodies = ['one', 'two'].map((user) =>
  JSON.stringify({ type: 'payment.succeeded', user: `u-${user}`, product: 'course', payment: `p-${user}` }),
) as [string, string];

beforeAll(async () => {
  cms = await startCms();
  await cms.call('POST /cms/a/products', { as: admin, body: { id: 'course', name: 'The course' } });
  hook = (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: 'payments' } })).body;
  otherHook = (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: 'others' } })).body;
});
afterAll(() => cms.close());

const send = async (token: string | undefined, body: string, id = hook.id, headers = {}) =>
  cms.call(`POST /cms/hooks/${id}`, {
    body,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
const token = (parts: Partial<TokenParts> = {}) =>
  senderToken({ secret: hook.secret, body: bodies[0], now: cms.issuer.now(), ...parts });
const seconds = () => Math.floor(cms.issuer.now() / 1_000);
const held = async () => (await cms.call('GET /cms/a/entitlements', { as: admin })).body.items;

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
function signedWithRsa(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [, payload] = token().split('.');
  const content = `${encode({ alg: 'RS256', typ: 'JWT' })}.${payload}`;
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
}
/** A public key as the secret (RFC 8725 §2.1): nothing here takes one, so it is just a wrong secret. */
function signedWithPublicKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return token({
    secret: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({
      type: 'spki',
      format: 'pem',
    }) as string,
  });
}
const withLastCharacter = (text: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? 'A') ^ 1];
};

describe('a message is refused', () => {
  it.each<[string, string, () => string | undefined]>([
    ['without a token', 'token_missing', () => undefined],
    ['with a token that is none', 'token_malformed', () => 'nonsense'],
    ['with a token in four parts', 'token_malformed', () => `${token()}.x`],
    ['with the signature spelled otherwise', 'token_malformed', () => withLastCharacter(token())],
    ['with a token that is too long', 'token_too_long', () => token({ claims: { filler: 'x'.repeat(9_000) } })],
    ['alg none', 'algorithm_not_allowed', () => token({ header: { alg: 'none' } })],
    [
      'alg none without a signature',
      'token_malformed',
      () =>
        `${token({ header: { alg: 'none' } })
          .split('.')
          .slice(0, 2)
          .join('.')}.`,
    ],
    ['alg NONE', 'algorithm_not_allowed', () => token({ header: { alg: 'NONE' } })],
    ['alg HS512', 'algorithm_not_allowed', () => token({ header: { alg: 'HS512' }, hash: 'sha512' })],
    ['alg RS256', 'algorithm_not_allowed', signedWithRsa],
    ['a public key as the secret', 'signature_invalid', signedWithPublicKey],
    ['an access token of the suite', 'algorithm_not_allowed', () => cms.issuer.tokenFor(admin)],
    ['typ at+jwt', 'type_not_allowed', () => token({ header: { typ: 'at+jwt' } })],
    ['typ download+jwt', 'type_not_allowed', () => token({ header: { typ: 'download+jwt' } })],
    ['no typ', 'type_not_allowed', () => token({ header: { typ: undefined } })],
    ...['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c'].map((name): [string, string, () => string] => [
      name,
      'header_not_allowed',
      () => token({ header: { [name]: ['exp'] } }),
    ]),
    ['another endpoint’s secret', 'signature_invalid', () => token({ secret: otherHook.secret })],
    ['an empty secret', 'signature_invalid', () => token({ secret: '' })],
    ['no iat', 'claim_missing', () => token({ claims: { iat: undefined } })],
    ['no exp', 'claim_missing', () => token({ claims: { exp: undefined } })],
    ['no jti', 'claim_missing', () => token({ claims: { jti: undefined } })],
    ['an empty jti', 'claim_malformed', () => token({ claims: { jti: '' } })],
    ['a jti that cannot be stored', 'claim_malformed', () => token({ claims: { jti: 'a\u0000' } })],
    ['exp as a text', 'claim_malformed', () => token({ claims: { exp: '9999999999' } })],
    ['expired', 'expired', () => token({ claims: { iat: seconds() - 200, exp: seconds() - 31 } })],
    ['living too long', 'lifetime_too_long', () => token({ claims: { exp: seconds() + 301 } })],
    [
      'issued in the future',
      'issued_in_future',
      () => token({ claims: { iat: seconds() + 60, exp: seconds() + 120 } }),
    ],
    ['for another audience', 'audience_wrong', () => token({ claims: { aud: otherHook.id } })],
    ['no digest', 'digest_missing', () => token({ claims: { request_body_sha256: undefined } })],
    ['another digest', 'digest_mismatch', () => token({ body: `${bodies[0]} ` })],
    ['half a digest', 'digest_mismatch', () => token({ claims: { request_body_sha256: 'ab'.repeat(16) } })],
  ])('%s: %s', async (_case, reason, made) => {
    const answer = await send(made(), bodies[0]);
    expect(answer).toMatchObject({ status: 401, body: { code: 'webhook_refused', reason } });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    // So that the limit of refused messages does not hide the reason of the next one.
    cms.issuer.travel(3);
    const { body } = await cms.call(`GET /cms/a/webhooks/${hook.id}/deliveries?limit=1`, { as: admin });
    expect(body.items).toMatchObject([{ outcome: 'refused', reason, event: null }]);
    expect(await held()).toEqual([]);
  });

  it('when one byte of the token or of the body was changed', async () => {
    const good = token();
    for (let at = 0; at < good.length; at += 7) {
      if (good[at] === '.') continue;
      const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
      expect((await send(changed, bodies[0])).status, String(at)).toBe(401);
      cms.issuer.travel(2);
    }
    expect((await send(token(), bodies[0].replace('u-one', 'u-onf'))).body.reason).toBe('digest_mismatch');
    expect(await held()).toEqual([]);
  });

  it('when the bodies of two messages were swapped', async () => {
    expect((await send(token({ body: bodies[0] }), bodies[1])).body.reason).toBe('digest_mismatch');
    expect((await send(token({ body: bodies[1] }), bodies[0])).body.reason).toBe('digest_mismatch');
    expect(await held()).toEqual([]);
  });

  it.each([
    ['no JSON', 'x', 'message_malformed'],
    ['a list', '[]', 'message_malformed'],
    ['nothing', '', 'message_malformed'],
    ['no type', '{"user":"u","product":"course"}', 'message_malformed'],
    ['no user', '{"type":"payment.succeeded","product":"course"}', 'message_malformed'],
    ['a user who is no text', '{"type":"payment.succeeded","user":{"$ne":1},"product":"course"}', 'message_malformed'],
    ['a user with NUL', '{"type":"payment.succeeded","user":"a\\u0000","product":"course"}', 'message_malformed'],
    ['an unusable product', '{"type":"payment.succeeded","user":"u","product":"../x"}', 'message_malformed'],
    ['an unknown product', '{"type":"payment.succeeded","user":"u","product":"nothing"}', 'product_unknown'],
  ])('signed, but %s', async (_case, body, reason) => {
    const answer = await send(token({ body }), body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'webhook_message_refused', reason } });
    cms.issuer.travel(2);
  });

  it('at an endpoint that is none, or is switched off', async () => {
    for (const id of ['nothing', 'A'.repeat(22), "x' or true--"]) {
      expect((await send(token(), bodies[0], encodeURIComponent(id))).body.code).toBe('webhook_not_found');
    }
    await cms.call(`PATCH /cms/a/webhooks/${otherHook.id}`, { as: admin, body: { enabled: false } });
    const body = bodies[0];
    const answer = await send(token({ secret: otherHook.secret }), body, otherHook.id);
    expect(answer).toMatchObject({ status: 404, body: { code: 'webhook_not_found' } });
  });

  it('when its body is too large', async () => {
    expect((await send(token(), 'x'.repeat(70_000))).body.code).toBe('payload_too_large');
  });

  it('after too many that were refused, from the same address alone', async () => {
    cms.issuer.travel(61);
    let last = 0;
    for (let n = 0; n < 61; n += 1) last = (await send('x', '')).status;
    expect(last).toBe(429);
    cms.issuer.travel(61);
    expect((await send('x', '')).status).toBe(401);
  });

  it('and nothing of its token or secret is logged or stored in clear', async () => {
    const good = token();
    await send(good, bodies[0]);
    const rows = JSON.stringify(await cms.database.selectFrom('webhook_secrets').selectAll().execute());
    const sealed = await cms.database.selectFrom('webhook_secrets').select('sealed').execute();
    expect(sealed.every((row) => !row.sealed.includes(hook.secret))).toBe(true);
    for (const secret of [hook.secret, good.split('.')[2] ?? good]) {
      expect(rows).not.toContain(secret);
      expect(cms.logged.join('\n')).not.toContain(secret);
    }
  });
});
