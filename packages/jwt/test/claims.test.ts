import { reasonOf } from '@gaia/testing/reason-of';
import { expect, it } from 'vitest';
import { checkClaims } from '../src/claims.ts';

const times = { iat: 1, exp: 2, jti: 'j' };
const foreign = { roles: 'buyer', nonce: 'x', email: { of: 'the buyer' }, reg: 'yes', scope: ['a'], site: null };

it.each(['webhook', 'clientAssertion'] as const)('leaves what else a %s says to its signer', (purpose) => {
  const claims = { ...times, iss: 'i', sub: 's', aud: 'a' };
  expect(reasonOf(() => checkClaims(purpose, { ...claims, ...foreign }, {}))).toBe('read');
  expect(reasonOf(() => checkClaims(purpose, { ...claims, exp: '2' }, {}))).toBe('claim_malformed');
});

it.each(Object.entries(foreign))('refuses a claim of ours of the wrong kind: %s', (name, value) => {
  const claims = { ...times, iss: 'i', sub: 's', aud: 'a', client_id: 'c', [name]: value };
  expect(reasonOf(() => checkClaims('access', claims, {}))).toBe('claim_malformed');
});
