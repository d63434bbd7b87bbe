import { reasonOf } from '@gaia/testing/reason-of';
import { type TokenPurpose, type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { describe, expect, it } from 'vitest';
import { preflight } from '../src/preflight.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (header: object) => `${part(header)}.${part({ sub: 'u' })}.AAAA`;
const purposes = Object.entries<TokenPurpose>(tokenPurposes) as [TokenPurposeName, TokenPurpose][];
const headerOf = ({ algorithms: [alg], typ }: TokenPurpose) => ({ alg, typ, kid: 'k' });

describe.each(purposes)('the preflight of %s', (name, purpose) => {
  const good = headerOf(purpose);
  const reasonFor = (header: object) => reasonOf(() => preflight(name, tokenOf(header)));

  it('reads algorithm, key id and payload of its own type, however the media type is spelt', () => {
    for (const typ of [purpose.typ, purpose.typ.toUpperCase(), `application/${purpose.typ}`]) {
      expect(preflight(name, tokenOf({ ...good, typ }))).toMatchObject({
        algorithm: purpose.algorithms[0],
        kid: 'k',
        payload: { sub: 'u' },
      });
    }
  });

  it('takes the type of no other purpose', () => {
    for (const [other, { typ }] of purposes) {
      if (other !== name) expect(reasonFor({ ...good, typ }), other).toBe('type_not_allowed');
    }
  });

  it.each([
    [{ alg: 'none' }, 'algorithm_not_allowed'],
    [{ alg: 'RS512' }, 'algorithm_not_allowed'],
    [{ alg: [purpose.algorithms[0]] }, 'algorithm_not_allowed'],
    [{ alg: undefined }, 'algorithm_not_allowed'],
    [{ typ: 'text/plain' }, 'type_not_allowed'],
    [{ typ: 1 }, 'type_not_allowed'],
    [{ crit: [] }, 'header_not_allowed'],
    [{ b64: true }, 'header_not_allowed'],
    [{ jku: 'https://keys.example' }, 'header_not_allowed'],
    [{ jwk: {} }, 'header_not_allowed'],
    [{ x5u: 'https://keys.example' }, 'header_not_allowed'],
    [{ x5c: [] }, 'header_not_allowed'],
    [{ kid: '' }, 'kid_unusable'],
    [{ kid: 1 }, 'kid_unusable'],
    [{ kid: 'k'.repeat(257) }, 'kid_unusable'],
  ])('refuses %j', (change, reason) => {
    expect(reasonFor({ ...good, ...change })).toBe(reason);
  });

  it('refuses other spellings of the same bytes, and whatever is around them', () => {
    const token = tokenOf(good);
    for (const other of [
      `${token}=`,
      `${token} `,
      ` ${token}`,
      `${token.slice(0, -4)}AAB`,
      `${token}.`,
      `${token}\n`,
    ]) {
      expect(
        reasonOf(() => preflight(name, other)),
        JSON.stringify(other),
      ).not.toBe('read');
    }
  });

  it('refuses a member twice, an escaped name and deep nesting, in header and payload', () => {
    const raw = (text: string) => Buffer.from(text).toString('base64url');
    const header = JSON.stringify(good).slice(0, -1);
    const cases = [
      [`${raw(`${header},"alg":"none"}`)}.${part({})}.AAAA`, 'member_repeated'],
      [`${raw(`${header},"\\u0061lg":"none"}`)}.${part({})}.AAAA`, 'name_escaped'],
      [`${part(good)}.${raw('{"sub":"a","sub":"b"}')}.AAAA`, 'member_repeated'],
      [`${part(good)}.${raw('{"s\\u0075b":"a"}')}.AAAA`, 'name_escaped'],
      [`${part(good)}.${raw(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)}.AAAA`, 'nested_too_deep'],
    ] as const;
    for (const [token, reason] of cases) expect(reasonOf(() => preflight(name, token))).toBe(reason);
  });
});

it('wants a key id only where the keys are published', () => {
  const without = ({ algorithms: [alg], typ }: TokenPurpose) => ({ alg, typ });
  const needed = purposes.filter(
    ([name, purpose]) => reasonOf(() => preflight(name, tokenOf(without(purpose)))) === 'kid_unusable',
  );
  expect(needed.map(([name]) => name)).toEqual([
    'access',
    'siteHandOver',
    'passwordReset',
    'emailVerification',
    'emailChange',
  ]);
});

it('takes plain and missing types only of those whose libraries write them', () => {
  const taking = (typ: string | undefined) =>
    purposes
      .filter(([name, purpose]) => reasonOf(() => preflight(name, tokenOf({ ...headerOf(purpose), typ }))) === 'read')
      .map(([name]) => name);
  expect(taking('JWT')).toEqual(['webhook', 'clientAssertion']);
  expect(taking(undefined)).toEqual(['clientAssertion']);
});
