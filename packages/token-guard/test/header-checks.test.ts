import { expect, it } from 'vitest';
import { createHeaderReader } from '../src/header-checks.ts';
import { reasonOf } from './reason-of.ts';

const part = (header: unknown) => Buffer.from(JSON.stringify(header)).toString('base64url');
const good = (kid: string) => part({ alg: 'RS256', typ: 'at+jwt', kid });

it('reads a header anew until it is told that a token of it was accepted', () => {
  const headers = createHeaderReader();
  const first = headers.read(good('k'));
  expect(first).toEqual({ algorithm: 'RS256', kid: 'k' });
  expect(Object.isFrozen(first)).toBe(true);
  expect(headers.read(good('k'))).not.toBe(first);
  headers.remember(good('k'), first);
  headers.remember(good('k'), { ...first });
  expect(headers.read(good('k'))).toBe(first);
});

it('knows a remembered header by its whole text, and still refuses what is not it', () => {
  const headers = createHeaderReader();
  headers.remember(good('k'), headers.read(good('k')));
  expect(reasonOf(() => headers.read(`${good('k')}=`))).toBe('encoding_not_canonical');
  expect(reasonOf(() => headers.read(part({ alg: 'none', typ: 'at+jwt', kid: 'k' })))).toBe('algorithm_not_allowed');
  expect(headers.read(part({ kid: 'k', alg: 'RS256', typ: 'at+jwt' }))).not.toBe(headers.read(good('k')));
});

it('remembers a bounded number', () => {
  const headers = createHeaderReader();
  const first = headers.read(good('k0'));
  headers.remember(good('k0'), first);
  for (let count = 1; count < 64; count += 1) headers.remember(good(`k${count}`), headers.read(good(`k${count}`)));
  expect(headers.read(good('k0'))).toBe(first);
  headers.remember(good('k64'), headers.read(good('k64')));
  expect(headers.read(good('k0'))).not.toBe(first);
  expect(headers.read(good('k0'))).toEqual(first);
});

it.each([
  [',', 'bearer_syntax'],
  ['é', 'bearer_syntax'],
  ['e30=', 'encoding_not_canonical'],
  ['e31', 'encoding_not_canonical'],
  ['W10', 'not_json'],
  ['e30', 'algorithm_not_allowed'],
])('refuses %s: %s', (headerPart, expected) => {
  expect(reasonOf(() => createHeaderReader().read(headerPart))).toBe(expected);
});
