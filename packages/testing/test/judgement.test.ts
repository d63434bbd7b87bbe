import { describe, expect, it } from 'vitest';
import type { Forgery } from '../src/forgeries/forgery.ts';
import { judged } from '../src/judgement.ts';
import type { Answer } from '../src/senders.ts';

describe('an answer at level full', () => {
  const refusal = {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="gaia", error="invalid_token"' },
    body: '{"code":"token_invalid"}',
  };
  const bare = { ...refusal, headers: { 'www-authenticate': 'Bearer realm="gaia"' }, body: '{"code":"token_missing"}' };
  const forgery = (codes: readonly string[]): Forgery => ({
    name: 'a',
    level: 'full',
    codes,
    request: { headers: [] },
  });

  it.each<readonly [string, Answer, string, string | undefined]>([
    ['is right', refusal, 'token_invalid', undefined],
    ['is right without a token', bare, 'token_missing', undefined],
    ['has another code', refusal, 'token_expired', 'refused with token_invalid, not token_expired'],
    ['has no code', { ...refusal, body: 'no' }, 'token_invalid', 'refused with no code, not token_invalid'],
    [
      'has a code that is no text',
      { ...refusal, body: '{"code":7}' },
      'token_invalid',
      'refused with no code, not token_invalid',
    ],
    ['has another status', { ...refusal, status: 403 }, 'token_invalid', 'answered 403, not 401'],
    ['is an error of the server', { ...refusal, status: 500 }, 'token_invalid', 'answered 500, not 401'],
    ['has no challenge', { ...refusal, headers: {} }, 'token_invalid', 'refused without a challenge'],
    [
      'has a challenge of another scheme',
      { ...refusal, headers: { 'www-authenticate': 'Basic' } },
      'token_invalid',
      'refused without a challenge',
    ],
    [
      'does not say the error',
      { ...bare, body: refusal.body },
      'token_invalid',
      'refused with the challenge Bearer realm="gaia"',
    ],
    [
      'says an error where no token came',
      { ...refusal, body: bare.body },
      'token_missing',
      'refused with the challenge Bearer realm="gaia", error="invalid_token"',
    ],
  ])('%s', (_, answer, code, fault) => {
    expect(judged(forgery([code]), answer, 'full').fault).toBe(fault);
  });
});

describe('an answer at level essential', () => {
  const forgery: Forgery = { name: 'a', level: 'essential', codes: ['token_invalid'], request: { headers: [] } };

  it.each([
    [400, true],
    [401, true],
    [403, true],
    [431, true],
    [200, false],
    [204, false],
    [302, false],
    [404, false],
    [500, false],
    [503, false],
  ])('with status %i is a refusal: %s', (status, refused) => {
    const result = judged(forgery, { status, headers: {}, body: '' }, 'essential');
    expect(result).toMatchObject({ refused, status, fault: refused ? undefined : `answered ${status}` });
  });
});
