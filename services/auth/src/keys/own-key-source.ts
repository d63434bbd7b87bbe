import type { KeySource, VerificationKey } from '@gaia/jwt/signature';
import type { KeyRing, RingKey } from './key-ring.ts';

/** A flood of invented kids must not become a flood on the database. */
const COOLDOWN_MS = 1_000;

/**
 * This service's own keys for its own guard, without a request to itself. A key that is not known may be one that another
 * replica has just put into use: `reload` asks the database for it.
 */
export function ownKeySource(
  keyRing: Pick<KeyRing, 'keys'>,
  { reload, now }: { reload?: (() => Promise<void>) | undefined; now(): number } = { now: Date.now },
): KeySource {
  let reloadedAt = Number.NEGATIVE_INFINITY;
  let imported: readonly RingKey[] = [];
  let keys: ReadonlyMap<string, VerificationKey> = new Map();

  function find(kid: string): VerificationKey | undefined {
    const current = keyRing.keys();
    if (current !== imported) {
      keys = new Map(current.map(({ key }) => [key.kid, keys.get(key.kid) ?? verificationKey(key)]));
      imported = current;
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

function verificationKey({ kid, publicKey }: RingKey['key']): VerificationKey {
  return Object.freeze({ kid, algorithm: 'RS256', key: publicKey });
}
