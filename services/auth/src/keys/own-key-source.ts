import { createPublicKey } from 'node:crypto';
import type { KeySource } from '@gaia/token-guard/verifier';
import type { KeyRing } from './key-ring.ts';
import type { PublicJwk } from './public-jwk.ts';

type VerificationKey = NonNullable<ReturnType<KeySource['find']>>;

/** This service's own keys for its own guard, without a request to itself. */
export function ownKeySource(keyRing: KeyRing): KeySource {
  let published: readonly PublicJwk[] = [];
  let keys: ReadonlyMap<string, VerificationKey> = new Map();

  function find(kid: string): VerificationKey | undefined {
    const current = keyRing.document().keys;
    if (current !== published) {
      keys = new Map(current.map((jwk) => [jwk.kid, keys.get(jwk.kid) ?? verificationKey(jwk)]));
      published = current;
    }
    return keys.get(kid);
  }

  return { find, lookUp: async (kid) => find(kid), usable: () => true };
}

function verificationKey(jwk: PublicJwk): VerificationKey {
  const { kid, kty, n, e } = jwk;
  const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
  return Object.freeze({ kid, algorithm: 'RS256', key, material: `${n}.${e}` });
}
