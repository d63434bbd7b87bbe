import type { Sealed, Sealer } from './sealer.ts';

/** A value as a store keeps it; `place` is what it was sealed for. */
export interface StoredValue extends Sealed {
  readonly id: string;
  readonly place: string;
}

export interface SealedStore {
  /** Values that another key than this one has sealed: so many at most, by id, behind an id. */
  sealedByOthers(keyVersion: string, after: string | undefined, limit: number): Promise<readonly StoredValue[]>;
  /** Puts a value sealed anew in the place of one, unless that has been replaced meanwhile. */
  replace(before: StoredValue, after: Sealed): Promise<void>;
}

export interface Resealing {
  readonly resealed: number;
  /** Ids of values that no key at hand opens: they stay as they are. */
  readonly unopened: readonly string[];
}

const BATCH = 200;

/**
 * Seals with the newest key what older ones have sealed, so that those can be taken away. May run in several processes at
 * once, and again at any time.
 */
export async function reseal(sealer: Sealer, store: SealedStore): Promise<Resealing> {
  const unopened: string[] = [];
  let resealed = 0;
  for (let after: string | undefined; ; ) {
    const values = await store.sealedByOthers(sealer.keyVersion, after, BATCH);
    for (const value of values) {
      const plain = sealer.open(value, value.place);
      if (plain === undefined) {
        unopened.push(value.id);
        continue;
      }
      await store.replace(value, sealer.seal(plain, value.place));
      resealed += 1;
    }
    if (values.length < BATCH) return { resealed, unopened };
    after = values.at(-1)?.id;
  }
}
