import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyHandOverToken } from '../src/hand-over-token.ts';
import { claims, header, ISSUER, NOW, pair, publicKey, rules, signed, TARGET } from './signed.ts';

const without = (name: keyof typeof claims) => ({ ...claims, [name]: undefined });
const token = signed(header, claims);
const [head = '', payload = '', signature = ''] = token.split('.');

describe('a genuine token', () => {
  it('is what it says', async () => {
    expect(await verifyHandOverToken(token, rules())).toEqual(claims);
  });

  it('may say that the user wants to stay signed in', async () => {
    const remembered = signed(header, { ...claims, remember: true });
    await expect(verifyHandOverToken(remembered, rules())).resolves.toMatchObject({ remember: true });
  });

  it.each([-30, -1, 0, 59, 60, 89])('is taken %i seconds after it was made, skew included', async (seconds) => {
    await expect(verifyHandOverToken(token, rules(seconds))).resolves.toMatchObject({ jti: 'token-1' });
  });

  it('is taken for whichever site where the verifier names none: auth itself', async () => {
    await expect(verifyHandOverToken(token, rules(1, { audience: undefined }))).resolves.toMatchObject({ aud: TARGET });
  });

  it('is taken with a key that has to be looked up', async () => {
    const lookUp = async (kid: string) => (kid === 'k1' ? publicKey : undefined);
    const keys = { find: () => undefined, lookUp, usable: () => true };
    await expect(verifyHandOverToken(token, rules(1, { keys }))).resolves.toMatchObject({ sid: 'login-1' });
  });
});

describe('a token is refused', () => {
  it.each<[string, string, string]>([
    ['is empty', '', 'bearer_syntax'],
    ['has two parts', `${head}.${payload}`, 'not_three_parts'],
    ['has four parts', `${token}.x`, 'not_three_parts'],
    ['has no signature', `${head}.${payload}.`, 'not_three_parts'],
    ['is too long', 'a'.repeat(20_000), 'token_too_long'],
    ['has a space', `${head} .${payload}.${signature}`, 'bearer_syntax'],
    ['is padded', `${head}.${payload}=.${signature}`, 'bearer_syntax'],
    [
      'has another spelling of its signature',
      `${head}.${payload}.${otherSpelling(signature)}`,
      'encoding_not_canonical',
    ],
    ['has a header that is no JSON', signed('x', claims), 'not_json'],
    ['has a header that is a list', signed([], claims), 'not_json'],
    ['names a claim twice', signed(header, `{"sub":"a","sub":"b"}`), 'member_repeated'],
    ['was changed', `${head}.${encode({ ...claims, sub: 'user-2' })}.${signature}`, 'signature_wrong'],
    ['is signed with another key', signed(header, claims, strangersKey()), 'signature_wrong'],
    ['is signed with SHA-512', `${head}.${payload}.${sha512()}`, 'signature_wrong'],
    ['is unsigned', signed({ ...header, alg: 'none' }, claims), 'algorithm_not_allowed'],
    ['is an HMAC with the public key', hmacWithPublicKey(), 'algorithm_not_allowed'],
    ['says PS256', signed({ ...header, alg: 'PS256' }, claims), 'algorithm_not_allowed'],
    ['says no algorithm', signed({ typ: 'sso+jwt', kid: 'k1' }, claims), 'algorithm_not_allowed'],
    ['is an access token', signed({ ...header, typ: 'at+jwt' }, claims), 'type_not_allowed'],
    ['is a reset token', signed({ ...header, typ: 'reset+jwt' }, claims), 'type_not_allowed'],
    ['has no type', signed({ alg: 'RS256', kid: 'k1' }, claims), 'type_not_allowed'],
    ['brings a key', signed({ ...header, jwk: {} }, claims), 'header_not_allowed'],
    ['names a key elsewhere', signed({ ...header, jku: 'https://evil.example' }, claims), 'header_not_allowed'],
    ['names a certificate', signed({ ...header, x5u: 'https://evil.example' }, claims), 'header_not_allowed'],
    ['has critical extensions', signed({ ...header, crit: ['b64'], b64: false }, claims), 'header_not_allowed'],
    ['has no key id', signed({ alg: 'RS256', typ: 'sso+jwt' }, claims), 'kid_unusable'],
    ['has a key id that is no text', signed({ ...header, kid: 1 }, claims), 'kid_unusable'],
    ['has an empty key id', signed({ ...header, kid: '' }, claims), 'kid_unusable'],
    ['has a key id with a line break', signed({ ...header, kid: 'k1\n' }, claims), 'key_unknown'],
    ['has a key id that is too long', signed({ ...header, kid: 'k'.repeat(257) }, claims), 'kid_unusable'],
    ['has an unknown key', signed({ ...header, kid: 'k2' }, claims), 'key_unknown'],
    ['is of another issuer', signed(header, { ...claims, iss: 'https://evil.example' }), 'issuer_unknown'],
    ['is of nearly the issuer', signed(header, { ...claims, iss: `${ISSUER}/` }), 'issuer_unknown'],
    ['is of several issuers', signed(header, { ...claims, iss: [ISSUER] }), 'claim_malformed'],
    ['is for another site', signed(header, { ...claims, aud: 'https://a.example' }), 'audience_wrong'],
    ['is for another port', signed(header, { ...claims, aud: 'https://b.example' }), 'audience_wrong'],
    ['is for another scheme', signed(header, { ...claims, aud: 'http://b.example:8443' }), 'audience_wrong'],
    ['is for nearly the site', signed(header, { ...claims, aud: `${TARGET}/` }), 'audience_wrong'],
    ['is for several sites', signed(header, { ...claims, aud: [TARGET] }), 'claim_malformed'],
    ['lives longer than a minute', signed(header, { ...claims, exp: NOW + 61 }), 'lifetime_too_long'],
    ['remembers in words', signed(header, { ...claims, remember: 'true' }), 'claim_malformed'],
    ['says that it does not remember', signed(header, { ...claims, remember: false }), 'claim_malformed'],
    ['has a time that is text', signed(header, { ...claims, exp: `${NOW + 60}` }), 'claim_malformed'],
    [
      'has an end beyond numbers',
      signed(header, JSON.stringify(claims).replace(`${NOW + 60}`, '1e400')),
      'claim_malformed',
    ],
    ['has an empty id', signed(header, { ...claims, jti: '' }), 'claim_malformed'],
    ['has a user that is too long', signed(header, { ...claims, sub: 'u'.repeat(256) }), 'claim_malformed'],
    ['has a site with a control character', signed(header, { ...claims, site: 'b\u0000' }), 'claim_malformed'],
    ['has a nonce that is too short', signed(header, { ...claims, nonce: 'x' }), 'claim_malformed'],
    ['has a nonce that is no text', signed(header, { ...claims, nonce: 1 }), 'claim_malformed'],
    ...(['sub', 'aud', 'jti', 'sid', 'site', 'exp', 'iat', 'nbf', 'nonce'] as const).map(
      (name): [string, string, string] => [`has no ${name}`, signed(header, without(name)), 'claim_missing'],
    ),
  ])('that %s', async (_name, given, reason) => {
    await expect(verifyHandOverToken(given, rules())).rejects.toMatchObject({ name: 'TokenRefusal', reason });
  });

  it.each([
    [90, 'expired'],
    [3_600, 'expired'],
    [-31, 'issued_in_future'],
  ])('%i seconds after it was made: %s', async (seconds, reason) => {
    await expect(verifyHandOverToken(token, rules(seconds))).rejects.toMatchObject({ reason });
  });

  it.each([
    [59, 'accepted'],
    [60, 'expired'],
  ])('%i seconds after it was made, for its maker: %s', async (seconds, outcome) => {
    const verified = verifyHandOverToken(token, rules(seconds, { isMaker: true }));
    const reason = await verified.then(() => 'accepted').catch((error) => error.reason);
    expect(reason).toBe(outcome);
  });

  it('before its time', async () => {
    const early = signed(header, { ...claims, nbf: NOW + 40 });
    await expect(verifyHandOverToken(early, rules())).rejects.toMatchObject({ reason: 'not_yet_valid' });
  });

  it('with a key that is for another algorithm', async () => {
    const key = { ...publicKey, algorithm: 'ES256' };
    const keys = { find: () => key as never, lookUp: async () => undefined, usable: () => true };
    await expect(verifyHandOverToken(token, rules(1, { keys }))).rejects.toMatchObject({
      reason: 'algorithm_not_of_key',
    });
  });
});

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** The same bytes, with bits set behind the end of the last one. */
function otherSpelling(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? '') + 1];
}

function strangersKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
}

function sha512(): string {
  return sign('RSA-SHA512', Buffer.from(`${head}.${payload}`), pair.privateKey).toString('base64url');
}

/** The confusion of RFC 8725 §2.1: what everybody may know, used as a secret. */
function hmacWithPublicKey(): string {
  const text = `${encode({ ...header, alg: 'HS256' })}.${payload}`;
  const secret = pair.publicKey.export({ format: 'pem', type: 'spki' });
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
