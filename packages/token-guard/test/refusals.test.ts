import { createJwksCache } from '@gaia/jwks-cache';
import { checkClaims } from '@gaia/jwt/claims';
import { KeysUnavailable, type RefusalReason, refusals, TokenRefusal } from '@gaia/jwt/refusal';
import { createTestIssuer } from '@gaia/testing/issuer';
import { reasonOf } from '@gaia/testing/reason-of';
import { afterAll, describe, expect, it } from 'vitest';
import { bearerToken } from '../src/bearer.ts';
import { createVerifier, type RevocationCheck } from '../src/verifier.ts';

const issuer = await createTestIssuer({ startAt: Date.parse('2026-01-01T12:00:00Z'), now: () => 0 });
const seconds = issuer.now() / 1_000;
const jwks = createJwksCache({ url: issuer.jwksUrl, fetch: issuer.fetch, now: issuer.now });
await jwks.ready;
afterAll(() => jwks.close());

const good = issuer.tokenFor();
const [header = '', payload = '', signature = ''] = good.split('.');
const raw = (text: string | Buffer) => Buffer.from(text as string).toString('base64url');
const inside = (part: string, more: string) =>
  raw(`${Buffer.from(part, 'base64url').toString().slice(0, -1)},${more}}`);
const authorization = (...values: string[]) => values.flatMap((value) => ['Authorization', value]);
const bearer = (accessToken: string) => authorization(`Bearer ${accessToken}`);
const withClaims = (claims: Record<string, unknown>) => bearer(issuer.tokenFor({ claims }));
const withHeader = (parameters: Record<string, unknown>) => bearer(issuer.tokenFor({ header: parameters }));
/** A key source whose key claims to be for an algorithm that the token does not name. */
const keyOfOtherAlgorithm = {
  find: () => ({ ...jwks.find(issuer.key.kid), algorithm: 'PS256' }),
} as unknown as typeof jwks;

async function reasonFor(rawHeaders: string[], revoked?: RefusalReason, keys = jwks): Promise<string> {
  const revocations: RevocationCheck = { reasonToRefuse: () => revoked };
  const verifier = createVerifier({ issuers: [{ issuer: issuer.issuer, jwks: keys, revocations }], now: issuer.now });
  try {
    const accessToken = bearerToken({ rawHeaders });
    if (accessToken === undefined) throw new TokenRefusal('authorization_missing');
    await verifier.check(accessToken);
    return 'accepted';
  } catch (error) {
    return error instanceof TokenRefusal ? error.reason : String(error);
  }
}

/** Every refusal there is, with a request that is good but for one thing. The type makes the table complete. */
const cases: Readonly<Record<RefusalReason, () => Promise<string>>> = {
  authorization_missing: () => reasonFor(['Accept', '*/*']),
  scheme_not_bearer: () => reasonFor(authorization(`Basic ${good}`)),
  authorization_repeated: () => reasonFor(authorization(`Bearer ${good}`, `Bearer ${good}`)),
  bearer_syntax: () => reasonFor(bearer(`${good} `)),
  token_too_long: () => reasonFor(bearer(issuer.tokenFor({ claims: { filling: 'x'.repeat(6_500) } }))),
  not_three_parts: () => reasonFor(bearer(`${good}.${signature}`)),
  encoding_not_canonical: () => reasonFor(bearer(`${good}==`)),
  not_utf8: () => reasonFor(bearer(`${header}.${raw(Buffer.from('7b2261223a22ff227d', 'hex'))}.${signature}`)),
  not_json: () => reasonFor(bearer(`${header}.${raw('[]')}.${signature}`)),
  nested_too_deep: () =>
    reasonFor(bearer(issuer.sign(issuer.header(), { ...issuer.claimsFor(), x: [[[[[[[[1]]]]]]]] }))),
  name_escaped: () => reasonFor(bearer(`${header}.${inside(payload, '"s\\u0075b":"x"')}.${signature}`)),
  member_repeated: () => reasonFor(bearer(`${header}.${inside(payload, '"sub":"x"')}.${signature}`)),

  algorithm_not_allowed: () => reasonFor(withHeader({ alg: 'HS256' })),
  type_not_allowed: () => reasonFor(withHeader({ typ: 'JWT' })),
  header_not_allowed: () => reasonFor(withHeader({ crit: ['exp'] })),
  kid_unusable: () => reasonFor(withHeader({ kid: undefined })),
  issuer_unknown: () => reasonFor(withClaims({ iss: 'https://elsewhere.example' })),
  key_unknown: () => reasonFor(withHeader({ kid: 'another' })),
  algorithm_not_of_key: () => reasonFor(bearer(good), undefined, keyOfOtherAlgorithm),
  signature_wrong: () => reasonFor(bearer(`${header}.${payload}.${raw(Buffer.alloc(256, 1))}`)),

  claim_missing: () => reasonFor(withClaims({ sub: undefined })),
  claim_malformed: () => reasonFor(withClaims({ exp: `${seconds + 900}` })),
  audience_wrong: () => reasonFor(withClaims({ aud: 'elsewhere' })),
  expired: () => reasonFor(withClaims({ exp: seconds - 31 })),
  not_yet_valid: () => reasonFor(withClaims({ nbf: seconds + 31 })),
  issued_in_future: () => reasonFor(withClaims({ iat: seconds + 31 })),
  lifetime_too_long: () => reasonFor(withClaims({ exp: seconds + 86_401 })),

  session_ended: () => reasonFor(bearer(good), 'session_ended'),
  actor_session_ended: () => reasonFor(bearer(good), 'actor_session_ended'),
  subject_not_before: () => reasonFor(bearer(good), 'subject_not_before'),
  key_revoked: () => reasonFor(bearer(good), 'key_revoked'),
  token_revoked: () => reasonFor(bearer(good), 'token_revoked'),
  all_not_before: () => reasonFor(bearer(good), 'all_not_before'),
};

describe('every refusal', () => {
  it('stands against a token that is accepted', async () => {
    expect(await reasonFor(bearer(good))).toBe('accepted');
  });

  it.each(Object.entries(cases))('%s', async (reason, refuse) => {
    expect(await refuse()).toBe(reason);
  });

  it.each(Object.entries(refusals))('%s can be told in a challenge (RFC 6750 §3)', (_, [code, sentence]) => {
    expect(code).toMatch(/^token_(missing|malformed|expired|invalid|revoked)$/);
    expect(sentence).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
  });

  it.each([['header', ['alg', 'typ', 'crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c']]])(
    'each forbidden or fixed parameter of the %s is looked at',
    async (_, names) => {
      for (const name of names) expect(await reasonFor(withHeader({ [name]: null })), name).not.toBe('accepted');
    },
  );

  it.each(['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id'])('a token without %s', async (claim) => {
    expect(await reasonFor(withClaims({ [claim]: undefined }))).toBe('claim_missing');
  });

  it.each(['sid', 'site', 'roles', 'scope', 'nbf', 'auth_time', 'amr', 'act'])(
    'but not one without %s',
    async (claim) => {
      expect(await reasonFor(withClaims({ [claim]: undefined }))).toBe('accepted');
    },
  );
});

describe('the bounds', () => {
  it.each<readonly [string, Record<string, unknown>, string]>([
    ['exp one skew ago', { exp: seconds - 30 }, 'expired'],
    ['exp a second less than a skew ago', { exp: seconds - 29 }, 'accepted'],
    ['exp a millisecond less than a skew ago', { exp: seconds - 29.999 }, 'accepted'],
    ['nbf one skew ahead', { nbf: seconds + 30 }, 'accepted'],
    ['nbf a millisecond more than a skew ahead', { nbf: seconds + 30.001 }, 'not_yet_valid'],
    ['iat one skew ahead', { iat: seconds + 30, nbf: undefined }, 'accepted'],
    ['iat a millisecond more than a skew ahead', { iat: seconds + 30.001, nbf: undefined }, 'issued_in_future'],
    ['exp a day after iat', { exp: seconds + 86_400 }, 'accepted'],
    ['exp before iat, but both within the skew', { exp: seconds - 10, iat: seconds }, 'accepted'],
    ['sub of 255 characters', { sub: 's'.repeat(255) }, 'accepted'],
    ['sub of 256 characters', { sub: 's'.repeat(256) }, 'claim_malformed'],
    ['sub beyond ASCII', { sub: 'Zoë 🦊' }, 'accepted'],
    ['sub with half a surrogate', { sub: 'a\udc00' }, 'claim_malformed'],
    ['sub with NUL', { sub: 'a\0' }, 'claim_malformed'],
    ['sub with DEL', { sub: 'a\x7f' }, 'claim_malformed'],
    ['64 roles', { roles: Array.from({ length: 64 }, (_, n) => `r${n}`) }, 'accepted'],
    ['65 roles', { roles: Array.from({ length: 65 }, (_, n) => `r${n}`) }, 'claim_malformed'],
    ['no roles', { roles: [] }, 'accepted'],
    ['an empty scope', { scope: '' }, 'accepted'],
    ['a scope of 4,096 characters', { scope: 's'.repeat(4_096) }, 'accepted'],
    ['a scope of 4,097 characters', { scope: 's'.repeat(4_097) }, 'claim_malformed'],
    ['us among the audiences', { aud: ['elsewhere', 'gaia'] }, 'accepted'],
    ['no audience', { aud: [] }, 'claim_malformed'],
    ['exp in the year 9999', { exp: 253_402_300_799 }, 'lifetime_too_long'],
    ['exp after the year 9999', { exp: 253_402_300_800 }, 'claim_malformed'],
    ['nbf 0', { nbf: 0 }, 'accepted'],
    ['nbf -1', { nbf: -1 }, 'claim_malformed'],
    ['an actor', { act: { sub: 'search' } }, 'accepted'],
    ['an actor before, without a name', { act: { sub: 'search', act: {} } }, 'claim_malformed'],
    ['an actor whose session is no text', { act: { sub: 'search', sid: 1 } }, 'claim_malformed'],
    ['seven lists in each other', { x: [[[[[[[1]]]]]]] }, 'accepted'],
  ])('%s', async (_, claims, expected) => {
    expect(await reasonFor(withClaims(claims))).toBe(expected);
  });

  it.each<readonly [string, Record<string, unknown>, string]>([
    ['typ in capitals', { typ: 'AT+JWT' }, 'accepted'],
    ['typ in full', { typ: 'application/at+jwt' }, 'accepted'],
    ['typ of another tree', { typ: 'text/at+jwt' }, 'type_not_allowed'],
    ['a parameter that is unknown', { x5t: 'abc', cty: 'json' }, 'accepted'],
    ['kid of 257 characters', { kid: 'k'.repeat(257) }, 'kid_unusable'],
    ['kid of 256 characters', { kid: 'k'.repeat(256) }, 'key_unknown'],
    ['an empty kid', { kid: '' }, 'kid_unusable'],
  ])('%s', async (_, parameters, expected) => {
    expect(await reasonFor(withHeader(parameters))).toBe(expected);
  });

  it('no control character is in an id, and every other character may be', () => {
    const rules = { audiences: ['gaia'], maxLifetimeSeconds: 900 };
    for (let code = 0; code < 0x2100; code += 1) {
      const character = String.fromCodePoint(code);
      const claims = { ...issuer.claimsFor(), sub: `a${character}b` };
      const isRefused = reasonOf(() => checkClaims('access', claims, rules)) === 'claim_malformed';
      expect(isRefused, code.toString(16)).toBe(/\p{Cc}/u.test(character));
    }
  });

  it('8,192 bytes are read, one more is not', async () => {
    const fits = { roles: ['x'], filling: '' };
    const missing = 8_192 - issuer.tokenFor({ claims: fits, subject: 'a', sessionId: 'b' }).length;
    const token = (extra: number) =>
      issuer.tokenFor({
        subject: 'a',
        sessionId: 'b',
        claims: { ...fits, filling: 'x'.repeat(Math.floor((missing * 3) / 4) + extra) },
      });
    const lengths = [-2, -1, 0, 1, 2, 3].map(token);
    for (const one of lengths) {
      expect(await reasonFor(bearer(one)), `${one.length}`).toBe(one.length <= 8_192 ? 'accepted' : 'token_too_long');
    }
    expect(
      lengths.some((one) => one.length > 8_192) && lengths.some((one) => one.length >= 8_190 && one.length <= 8_192),
    ).toBe(true);
  });
});

describe('without keys', () => {
  it('answers 503 to a token that cannot be verified', async () => {
    const away = { find: () => undefined, lookUp: async () => undefined, usable: () => false };
    const verifier = createVerifier({ issuers: [{ issuer: issuer.issuer, jwks: away }], now: issuer.now });
    await expect(verifier.verify(good)).rejects.toThrow(KeysUnavailable);
    expect(verifier.counts().refused).toEqual({});
  });
});
