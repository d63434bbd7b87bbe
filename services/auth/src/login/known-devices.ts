import { createHash } from 'node:crypto';
import { networkOf } from '@gaia/http-service/client-network';
import type { Language } from '@gaia/i18n/language';
import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { Outbox } from '../mail/outbox.ts';
import { deviceOf } from '../sessions/device.ts';

export interface KnownDevices {
  /** Remembers from what a user has logged in and, where that is new, writes to them. Never rejects. */
  seen(login: {
    user: string;
    email: string;
    userAgent: string;
    address: string;
    site: string | undefined;
    language: Language | undefined;
  }): Promise<void>;
}

export interface KnownDevicesOptions {
  readonly database: Kysely<AuthTables>;
  readonly outbox: Outbox;
  readonly log: { warn(details: object, message: string): void };
  now(): number;
}

const DAY_MS = 86_400_000;

/** A device that was last seen after this time, in milliseconds, is known and need not be remembered anew. */
export function oldestRecentSight(now: number): number {
  return now - DAY_MS;
}

/** Most devices that are remembered of a user; the longest unseen makes way. */
const MAX_DEVICES = 50;

export function createKnownDevices({ database, outbox, log, now }: KnownDevicesOptions): KnownDevices {
  async function remember(
    user: string,
    device: Buffer,
    language: Language | undefined,
    at: number,
  ): Promise<'known' | 'first' | 'new'> {
    const { rows } = await sql<{ is_new: boolean; others: number }>`
      with seen as (
        insert into user_devices (user_id, device, first_seen_at, last_seen_at, language)
        values (${user}, ${device}, ${new Date(at)}, ${new Date(at)}, ${language ?? null})
        on conflict (user_id, device) do update set last_seen_at = excluded.last_seen_at,
            language = coalesce(excluded.language, user_devices.language)
          where user_devices.last_seen_at < ${new Date(oldestRecentSight(at))}
        returning (xmax = 0) as is_new
      )
      select coalesce((select is_new from seen), false) as is_new,
        (select count(*)::int from user_devices where user_id = ${user}) as others`.execute(database);
    const [row] = rows;
    if (row === undefined || !row.is_new) return 'known';
    if (row.others >= MAX_DEVICES) await forgetOldest(user);
    // The statement does not see its own insert.
    return row.others === 0 ? 'first' : 'new';
  }

  async function forgetOldest(user: string): Promise<void> {
    await sql`
      delete from user_devices where user_id = ${user} and device not in (
        select device from user_devices where user_id = ${user} order by last_seen_at desc limit ${MAX_DEVICES}
      )`.execute(database);
  }

  return {
    seen: async ({ user, email, userAgent, address, site, language }) => {
      try {
        const at = now();
        if ((await remember(user, deviceDigest(userAgent, address), language, at)) !== 'new') return;
        await outbox.add(
          database,
          { language },
          {
            kind: 'new_device',
            user,
            recipient: email,
            at,
            site,
            address,
            device: deviceOf(userAgent),
          },
        );
        outbox.wake();
      } catch (error) {
        log.warn({ err: error }, 'a login could not be compared with the devices before it');
      }
    },
  };
}

/** Program, system and the wider network: neither an update nor a new address of the same provider is a new device. */
export function deviceDigest(userAgent: string, address: string): Buffer {
  const network = networkOf(address);
  const separator = network.includes(':') ? ':' : '.';
  const wider = network.split(separator, 2).join(separator);
  return createHash('sha256')
    .update(`${deviceOf(userAgent)}\n${wider}`)
    .digest();
}
