import type { Sealed, Sealer } from './sealer.ts';

/** A value in a store with its AAD context. */
export interface StoredValue extends Sealed {
  readonly id: string;
  readonly context: string;
}

export interface SealedStore {
  /** Values under other keys than `kid`, ordered by id, after an id. */
  sealedByOthers(kid: string, after: string | undefined, limit: number): Promise<readonly StoredValue[]>;
  /** Compare and swap: does nothing when the value has changed meanwhile. */
  replace(before: StoredValue, after: Sealed): Promise<void>;
}

export interface Resealing {
  readonly resealed: number;
  /** Ids of values that no configured key opens; they stay unchanged. */
  readonly unopened: readonly string[];
}

const BATCH = 200;

/** Reseals the values of older keys with the first key, so that the old keys can be removed. Idempotent and safe in several processes. */
export async function reseal(sealer: Sealer, store: SealedStore): Promise<Resealing> {
  const unopened: string[] = [];
  let resealed = 0;
  for (let after: string | undefined; ; ) {
    const values = await store.sealedByOthers(sealer.kid, after, BATCH);
    for (const value of values) {
      const plain = sealer.open(value, value.context);
      if (plain === undefined) {
        unopened.push(value.id);
        continue;
      }
      await store.replace(value, sealer.seal(plain, value.context));
      resealed += 1;
    }
    if (values.length < BATCH) return { resealed, unopened };
    after = values.at(-1)?.id;
  }
}
