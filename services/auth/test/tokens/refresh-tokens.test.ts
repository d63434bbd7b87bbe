import { createHmac } from 'node:crypto';
import type { Family } from '@gaia/state/state';
import fc from 'fast-check';
import Fastify from 'fastify';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createRefreshTokens } from '../../src/tokens/refresh-tokens.ts';
import { registerOwnTokens } from '../../src/tokens/symmetric-tokens.ts';

const NOW = Date.UTC(2026, 10, 22);
const SECRET = 'a secret that is long enough for anything';
const ISSUER = 'https://gaia.test';
const family: Family = {
  sid: 'sid-1',
  sub: '019aa5b2-0000-7000-8000-000000000001',
  site: 'site-a.localhost',
  clientId: 'gaia',
  amr: ['pwd'],
  userAgent: '',
  address: '',
  createdAt: NOW,
  sequence: 3,
  rotatedAt: NOW,
  absoluteEnd: NOW + 1_000_000,
};

const { refresh } = await registerOwnTokens(Fastify(), SECRET);

function tokensAt(now: number) {
  return createRefreshTokens({ issuer: ISSUER, tokens: refresh, idleMs: 600_000, now: () => now });
}

async function sign(claims: object, header: object = {}, secret = SECRET) {
  return new SignJWT({ iss: ISSUER, aud: 'auth', sub: 'u', sid: 's', seq: 1, iat: 0, exp: 9_999_999_999, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'rt+jwt', ...header })
    .sign(Buffer.from(secret));
}

describe('refresh tokens', () => {
  it('of one state of a family are one text, whenever they are made', () => {
    const { refreshToken } = tokensAt(NOW).issue(family);
    expect(tokensAt(NOW + 29_000).issue({ ...family, userAgent: 'x' }).refreshToken).toBe(refreshToken);
    for (const other of [{ sequence: 4 }, { sid: 'x' }, { rotatedAt: NOW + 1_000 }, { site: undefined }]) {
      expect(tokensAt(NOW).issue({ ...family, ...other }).refreshToken).not.toBe(refreshToken);
    }
  });

  it('say what they were made of', async () => {
    const tokens = tokensAt(NOW);
    expect(await tokens.verify(tokens.issue(family).refreshToken)).toEqual({
      sessionId: 'sid-1',
      sequence: 3,
      subject: family.sub,
      site: 'site-a.localhost',
      issuedAt: NOW / 1_000,
      expiresAt: NOW / 1_000 + 600,
    });
  });

  it('live until the session is idle for too long, and never past its end', async () => {
    const late = { ...family, rotatedAt: NOW + 900_000 };
    expect(tokensAt(NOW).issue(family).expiresIn).toBe(600);
    expect(tokensAt(NOW + 900_000).issue(late).expiresIn).toBe(100);
    const idle = tokensAt(NOW).issue(family).refreshToken;
    const over = tokensAt(NOW + 900_000).issue(late).refreshToken;
    await expect(tokensAt(NOW + 599_999).verify(idle)).resolves.toMatchObject({ sequence: 3 });
    await expect(tokensAt(NOW + 600_000).verify(idle)).rejects.toThrow(refusing('token_expired', 'idle'));
    await expect(tokensAt(NOW + 1_000_000).verify(over)).rejects.toThrow(refusing('token_expired', 'session_over'));
    expect((await tokensAt(NOW + 9_000_000).verifyEvenExpired(idle)).sessionId).toBe('sid-1');
  });

  it.each<[string, () => Promise<string>, string]>([
    ['another secret', () => sign({}, {}, 'another secret, of good length'), 'token_invalid'],
    ['another type', () => sign({}, { typ: 'at+jwt' }), 'token_invalid'],
    ['no type', () => sign({}, { typ: undefined }), 'token_invalid'],
    [
      'a critical extension',
      async () => withHeader({ alg: 'HS256', typ: 'rt+jwt', crit: ['x'], x: 1 }),
      'token_invalid',
    ],
    ['HS512', async () => withHeader({ alg: 'HS512', typ: 'rt+jwt' }), 'token_invalid'],
    ['another issuer', () => sign({ iss: 'https://other.test' }), 'token_invalid'],
    ['another audience', () => sign({ aud: 'gaia' }), 'token_invalid'],
    ['a list of audiences', () => sign({ aud: ['auth'] }), 'token_malformed'],
    ['no session', () => sign({ sid: undefined }), 'token_invalid'],
    ['a sequence in text', () => sign({ seq: '1' }), 'token_malformed'],
    ['a sequence with a fraction', () => sign({ seq: 1.5 }), 'token_malformed'],
    ['no end', () => sign({ exp: undefined }), 'token_invalid'],
  ])('with %s are refused', async (_what, make, code) => {
    const refreshToken = await make();
    await expect(tokensAt(NOW).verify(refreshToken)).rejects.toThrow(refusing(code));
    await expect(tokensAt(NOW).verifyEvenExpired(refreshToken)).rejects.toThrow(refusing(code));
  });

  it('are refused with any one character changed, and whatever other text comes', async () => {
    const tokens = tokensAt(NOW);
    const { refreshToken } = tokens.issue(family);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(refreshToken.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, character) => {
          fc.pre(refreshToken[at] !== character);
          const changed = refreshToken.slice(0, at) + character + refreshToken.slice(at + 1);
          await expect(tokens.verify(changed)).rejects.toMatchObject({
            code: expect.stringMatching(/^token_(?:malformed|invalid)$/),
          });
        },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(tokens.verify(text)).rejects.toMatchObject({
          code: expect.stringMatching(/^token_(?:malformed|invalid)$/),
        });
      }),
    );
  });
});

/** A genuine signature over a header that this service never writes. */
function withHeader(header: object): string {
  const signedText = [header, { iss: ISSUER, aud: 'auth', sub: 'u', sid: 's', seq: 1, iat: 0, exp: 9_999_999_999 }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signedText}.${createHmac('sha256', SECRET).update(signedText).digest('base64url')}`;
}

function refusing(code: string, cause?: string) {
  return expect.objectContaining({ code, ...(cause !== undefined && { extensions: { cause } }) });
}
