import type { Sealer } from '@gaia/sealed-values/sealer';
import type { Kysely } from 'kysely';
import { type Actor, authActor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { hasRoomForKey, type KeySchedule, planKeys, RETIRING_MS } from './key-life.ts';
import type { KeyRing } from './key-ring.ts';
import { changingKeys, createKeyStore, type StoredKey } from './key-store.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

/** A key, and what will become of it. Times in milliseconds. */
export interface KeyView extends StoredKey {
  /** When it will sign, as far as that is known. */
  readonly signsFrom: number | undefined;
  /** When it will not be published any more. */
  readonly publishedUntil: number | undefined;
}

export interface Keys {
  list(): Promise<readonly KeyView[]>;
  /**
   * Lets the `next` key sign, as soon as it was published for long enough, or `atOnce`; makes one if there is none.
   * Throws key_pinned, too_many_keys.
   */
  rotate(by: Actor, options: { readonly atOnce: boolean }): Promise<void>;
  /**
   * Takes a key of the operator's own as `next`, to sign like in rotate.
   * Throws key_pinned, key_exists, key_compromised, too_many_keys.
   */
  import(by: Actor, key: SigningKey, options: { readonly atOnce: boolean }): Promise<void>;
  /**
   * Drops a key at once and for ever: every service refuses what it has signed within a second, and if it was the one
   * that signs, another signs now. May be repeated. Throws key_not_found.
   */
  compromise(by: Actor, kid: string): Promise<void>;
  /** Does what the schedule says, and takes over what other replicas have done. */
  maintain(): Promise<void>;
  /** Takes over what other replicas have done. */
  reload(): Promise<void>;
}

export interface KeysOptions {
  readonly database: Kysely<AuthTables>;
  readonly sealer: Sealer;
  readonly keyRing: KeyRing;
  readonly rsaBits: number;
  readonly schedule: KeySchedule;
  /** The operator's key file says which key signs; then nothing here rotates. */
  readonly pinned: boolean;
  readonly revoker: Pick<Revoker, 'revokeKey'>;
  readonly audit: Audit;
  now(): number;
}

export function createKeys(options: KeysOptions): Keys {
  const { database, sealer, keyRing, rsaBits, pinned, revoker, audit, now } = options;
  const schedule = pinned ? { ...options.schedule, rotationMs: undefined } : options.schedule;
  const store = createKeyStore(database, sealer);

  async function reload(): Promise<void> {
    keyRing.replace(await store.load(keyRing.keys()));
  }

  const planned = async (from = store) => planKeys(await from.list(), schedule, now());

  /** Made outside the lock, because it takes a while. */
  async function spareUnlessNext(): Promise<SigningKey | undefined> {
    const keys = await store.list();
    return keys.some((key) => key.state === 'next') ? undefined : generateSigningKey(rsaBits);
  }

  async function maintain(): Promise<void> {
    const plan = await planned();
    if (plan.create || plan.activate !== undefined || plan.remove.length > 0) {
      // Made outside the lock: it takes a while, and is thrown away if another replica was quicker.
      const spare = plan.create ? await generateSigningKey(rsaBits) : undefined;
      await changingKeys(database, sealer, async (locked, transaction) => {
        const { remove, activate, create } = await planned(locked);
        const at = new Date(now());
        for (const kid of remove) await locked.remove(kid);
        if (activate !== undefined) {
          await locked.activate(activate, at);
          await audit.append(transaction, authActor, { action: 'key.activate', target: activate });
        }
        if (create && spare !== undefined) await locked.insert(spare, 'next', at);
      });
    }
    // A replica that still seals with the key before may have made one since the start.
    await store.reseal();
    await reload();
  }

  return {
    reload,
    maintain,
    list: async () => {
      const keys = await store.list();
      const active = keys.find((key) => key.state === 'active');
      return keys.map((key) => ({
        ...key,
        signsFrom: key.state === 'next' ? signsFrom(key, active, schedule) : undefined,
        publishedUntil: key.state === 'retiring' ? key.stateSince + RETIRING_MS : undefined,
      }));
    },
    rotate: async (by, { atOnce }) => {
      if (pinned) throw problem('key_pinned');
      const spare = await spareUnlessNext();
      await changingKeys(database, sealer, async (locked, transaction) => {
        const at = new Date(now());
        const keys = await locked.list();
        if (!hasRoomForKey(keys)) throw problem('too_many_keys');
        const known = keys.find((key) => key.state === 'next');
        const made = known === undefined ? (spare ?? (await generateSigningKey(rsaBits))) : undefined;
        if (made !== undefined) await locked.insert(made, 'next', at);
        const next = known?.kid ?? made?.kid ?? '';
        await locked.setDue(next, at);
        if (atOnce) await locked.activate(next, at);
        await audit.append(transaction, by, { action: 'key.rotate', target: next, details: { at_once: atOnce } });
      });
      await maintain();
    },
    import: async (by, key, { atOnce }) => {
      if (pinned) throw problem('key_pinned');
      await changingKeys(database, sealer, async (locked, transaction) => {
        if (await locked.isCompromised(key.kid)) throw problem('key_compromised');
        const keys = await locked.list();
        if (keys.some((one) => one.kid === key.kid)) throw problem('key_exists');
        if (!hasRoomForKey(keys)) throw problem('too_many_keys');
        // A key that has never signed can go without anybody missing it.
        for (const one of keys) if (one.state === 'next') await locked.remove(one.kid);
        const at = new Date(now());
        await locked.insert(key, 'next', at);
        await locked.setDue(key.kid, at);
        if (atOnce) await locked.activate(key.kid, at);
        await audit.append(transaction, by, { action: 'key.import', target: key.kid, details: { at_once: atOnce } });
      });
      await maintain();
    },
    compromise: async (by, kid) => {
      const spare = await spareUnlessNext();
      await changingKeys(database, sealer, async (locked, transaction) => {
        const keys = await locked.list();
        const lost = keys.find((key) => key.kid === kid);
        if (lost === undefined) {
          if (await locked.isCompromised(kid)) return;
          throw problem('key_not_found');
        }
        const at = new Date(now());
        await locked.remove(kid);
        await locked.setCompromised(kid, at);
        if (lost.state === 'active') {
          // One that verifiers know already, if there is one.
          const next = keys.find((key) => key.state === 'next');
          if (next === undefined) await locked.insert(spare ?? (await generateSigningKey(rsaBits)), 'active', at);
          else await locked.activate(next.kid, at);
        }
        await audit.append(transaction, by, { action: 'key.compromise', target: kid, details: { state: lost.state } });
      });
      // The new set first: verifiers fetch it when they get the revocation.
      await reload();
      await revoker.revokeKey(kid);
    },
  };
}

function signsFrom(next: StoredKey, active: StoredKey | undefined, schedule: KeySchedule): number | undefined {
  const scheduled =
    active === undefined || schedule.rotationMs === undefined ? undefined : active.stateSince + schedule.rotationMs;
  const wanted = next.dueAt ?? scheduled;
  return wanted === undefined ? undefined : Math.max(wanted, next.stateSince + schedule.publishMs);
}
