import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { HandOverRules } from '../src/hand-over-token.ts';
import { nonceOf } from '../src/nonce.ts';

export const ISSUER = 'https://cms.example';
export const TARGET = 'https://b.example:8443';
export const NOW = 1_800_000_000;
export const VERIFIER = 'v'.repeat(43);

export const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });

export const publicKey = { kid: 'k1', algorithm: 'RS256', key: pair.publicKey, material: '' } as const;

export const claims = Object.freeze({
  iss: ISSUER,
  sub: 'user-1',
  aud: TARGET,
  iat: NOW,
  nbf: NOW,
  exp: NOW + 60,
  jti: 'token-1',
  sid: 'login-1',
  site: 'b.example',
  nonce: nonceOf(VERIFIER),
});

export const header = Object.freeze({ alg: 'RS256', typ: 'sso+jwt', kid: 'k1' });

/** A token of any header and payload; text goes in as it is. */
export function signed(head: unknown, payload: unknown, key: KeyObject = pair.privateKey): string {
  const text = `${encoded(head)}.${encoded(payload)}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

function encoded(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** Rules of the target, `seconds` after the token was made. */
export function rules(seconds = 1, others: Partial<HandOverRules> = {}): HandOverRules {
  return {
    issuer: ISSUER,
    audience: TARGET,
    keys: { find: (kid) => (kid === 'k1' ? publicKey : undefined), lookUp: async () => undefined, usable: () => true },
    isMaker: false,
    now: (NOW + seconds) * 1_000,
    ...others,
  };
}
