import { createHmac } from 'node:crypto';
import { type CostShare, costText, type HashCost } from './hash-cost.ts';

/** Hashes that no password belongs to, for the names of nobody. */
export interface DummyHashes {
  hashFor(name: string): string;
  /** Takes the costs of the stored hashes into account from now on. */
  follow(shares: readonly CostShare[]): Promise<void>;
}

export interface DummyHashOptions {
  /** What new hashes cost. */
  readonly cost: HashCost;
  readonly secret: string;
  /** A hash of something that nobody knows. */
  makeHash(cost: HashCost): Promise<string>;
}

/** What one name in 2^48 falls between. */
const RANGE = 2 ** 48;

/**
 * After a change of the cost users keep their old hashes until they log in, so a dummy hash of the new cost alone would tell
 * by its time who is unknown. Names of nobody therefore cost what users' hashes do, in the same shares. Which cost a name
 * has follows from a secret: it is always the same one, as a user's is, and it moves to the new cost as the users do.
 */
export async function createDummyHashes({ cost, secret, makeHash }: DummyHashOptions): Promise<DummyHashes> {
  const present = await makeHash(cost);
  const hashes = new Map([[costText(cost), present]]);
  let older: readonly { readonly hash: string; readonly upTo: number }[] = [];

  function placeOf(name: string): number {
    return createHmac('sha256', secret).update(`decoy ${name}`).digest().readUIntBE(0, 6) / RANGE;
  }

  return {
    hashFor: (name) => {
      // Worked out for every name, so that this takes the same time always.
      const place = placeOf(name);
      return older.find(({ upTo }) => place < upTo)?.hash ?? present;
    },
    follow: async (shares) => {
      const total = shares.reduce((sum, share) => sum + share.hashes, 0);
      const sorted = shares
        .filter((share) => costText(share.cost) !== costText(cost))
        .sort((one, other) => (costText(one.cost) < costText(other.cost) ? -1 : 1));
      const next: { hash: string; upTo: number }[] = [];
      let counted = 0;
      for (const share of sorted) {
        const text = costText(share.cost);
        const hash = hashes.get(text) ?? (await makeHash(share.cost));
        hashes.set(text, hash);
        counted += share.hashes;
        next.push({ hash, upTo: counted / total });
      }
      older = next;
    },
  };
}
