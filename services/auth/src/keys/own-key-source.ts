import { createPublicKey } from 'node:crypto';
import type { KeySource } from '@gaia/token-guard/verifier';
import type { KeyRing } from './key-ring.ts';
import type { PublicJwk } from './public-jwk.ts';

type VerificationKey = NonNullable<ReturnType<KeySource['find']>>;

/** A flood of invented kids must not become a flood on the database. */
const COOLDOWN_MS = 1_000;

/**
 * This service's own keys for its own guard, without a request to itself. A key that is not known may be one that another
 * replica has just put into use: `reload` asks the database for it.
 */
export function ownKeySource(
  keyRing: Pick<KeyRing, 'document'>,
  { reload, now }: { reload?: (() => Promise<void>) | undefined; now(): number } = { now: Date.now },
): KeySource {
  let reloadedAt = Number.NEGATIVE_INFINITY;
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

  async function lookUp(kid: string): Promise<VerificationKey | undefined> {
    const known = find(kid);
    if (known !== undefined || reload === undefined || now() - reloadedAt < COOLDOWN_MS) return known;
    reloadedAt = now();
    // Without the database what is known stays in force.
    await reload().catch(() => {});
    return find(kid);
  }

  return { find, lookUp, usable: () => true };
}

function verificationKey(jwk: PublicJwk): VerificationKey {
  const { kid, kty, n, e } = jwk;
  const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
  return Object.freeze({ kid, algorithm: 'RS256', key, material: `${n}.${e}` });
}
