import { describe, expect, it } from 'vitest';
import { isNonce, isNonceOf, nonceOf } from '../src/nonce.ts';

const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

describe('a nonce', () => {
  it('is the S256 of its verifier, as in RFC 7636 appendix B', () => {
    expect(nonceOf(verifier)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    expect(isNonceOf(nonceOf(verifier), verifier)).toBe(true);
  });

  it.each<[string, string, string]>([
    ['of another verifier', nonceOf(verifier), 'A'.repeat(43)],
    ['that is the verifier itself', verifier, verifier],
    ['the other way round', verifier, nonceOf(verifier)],
    ['that is empty', '', verifier],
    ['of nothing', nonceOf(''), ''],
    ['that is padded', `${nonceOf(verifier)}=`, verifier],
    ['of a verifier that is too long', nonceOf(`${verifier}x`), `${verifier}x`],
  ])('%s is not its', (_name, nonce, given) => expect(isNonceOf(nonce, given)).toBe(false));

  it.each([
    undefined,
    null,
    1,
    {},
    [verifier],
    '',
    'x',
    'A'.repeat(42),
    'A'.repeat(44),
    `${'A'.repeat(42)}=`,
    'é'.repeat(43),
  ])('is not %j', (value) => expect(isNonce(value)).toBe(false));
});
