import { TokenRefusal } from '@gaia/jwt/refusal';
import { describe, expect, it } from 'vitest';
import { bearerToken, tokenOfHeader } from '../src/bearer.ts';

function outcome(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    return error instanceof TokenRefusal ? error.reason : String(error);
  }
}

describe('the Authorization header of a request', () => {
  it.each([
    [['Host', 'a', 'Authorization', 'Bearer x', 'Accept', '*/*'], 'x'],
    [['AUTHORIZATION', 'Bearer x'], 'x'],
    [['authorization', 'Bearer x'], 'x'],
    [['X-Authorization', 'Bearer x', 'Authorizations', 'Bearer y', 'Authenticatio', 'Bearer z'], undefined],
    [['Authorization', 'Bearer x', 'authorization', 'Bearer x'], 'authorization_repeated'],
    [['Authorization', 'Bearer x', 'Host', 'a', 'Authorization', ''], 'authorization_repeated'],
    [['Authorization', '', 'Authorization', 'Bearer x'], 'authorization_repeated'],
    [['Host', 'authorization', 'Accept', 'Bearer x'], undefined],
    [[], undefined],
    [['Authorization'], 'bearer_syntax'],
  ])('%j gives %s', (rawHeaders, expected) => {
    expect(outcome(() => bearerToken({ rawHeaders }))).toBe(expected);
  });
});

describe('the token of a header', () => {
  it.each([
    ['Bearer x', 'x'],
    ['bearer x', 'x'],
    ['BEARER x', 'x'],
    ['Bearer   x', 'x'],
    ['bEARER  x', 'x'],
    ['Bearer x y', 'x y'],
    ['bearer x y', 'x y'],
    ['Bearer  x y ', 'x y '],
    ['', 'bearer_syntax'],
    ['Bearer', 'bearer_syntax'],
    ['bearer', 'bearer_syntax'],
    ['Bearer\tx', 'bearer_syntax'],
    ['Bearer,x', 'bearer_syntax'],
    ['Bearer=x', 'bearer_syntax'],
    ['Bearerx', 'scheme_not_bearer'],
    ['Bearer2 x', 'scheme_not_bearer'],
    ['Bearer-x y', 'scheme_not_bearer'],
    ['Basic x', 'scheme_not_bearer'],
    ['x', 'scheme_not_bearer'],
    [' Bearer x', 'scheme_not_bearer'],
    ['Negotiate', 'scheme_not_bearer'],
  ])('%j gives %s', (header, expected) => {
    expect(outcome(() => tokenOfHeader(header))).toBe(expected);
  });
});
