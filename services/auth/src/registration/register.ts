import { randomUUIDv7 } from 'node:crypto';
import { tokenPurposes } from '@gaia/tokens/purposes';
import { type Kysely, sql, type Transaction } from 'kysely';
import { usernameColumns } from '../accounts/users.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { MailThrottle } from '../throttling/mail-throttle.ts';
import { lockAddress } from '../users/address-lock.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { invalidBody } from '../validation.ts';

export interface Registrant {
  readonly email: string;
  /** Suggestions for the page of the link. */
  readonly username?: string | undefined;
  readonly name?: string | undefined;
}

export interface RegisterOptions {
  readonly database: Kysely<AuthTables>;
  readonly throttle: MailThrottle;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export type Register = (site: string, registrant: Registrant, address: string, by: Actor) => Promise<void>;

/** Pending rows of one address at one site; further requests are sent a link of the newest one. */
export const MAX_PENDING = 10;

/**
 * Takes a registration at a site that is open to everybody. There is no user before the address is proved, and whether
 * there is one already is found out when the mail is written: the answer and its time are the same either way.
 * Throws site_not_found, registration_closed, validation_failed, username_taken, username_reserved, username_confusable,
 * rate_limited.
 */
export function createRegister(options: RegisterOptions): Register {
  const { database, throttle, outbox, audit, now } = options;

  /** Each request has a row and a link of its own, so that no request of another person ends the owner's. */
  async function pendingRow(
    transaction: Transaction<AuthTables>,
    row: Omit<AuthTables['registrations'], 'id'>,
    at: number,
  ): Promise<string> {
    await lockAddress(transaction, row.email_key);
    const pending = await transaction
      .selectFrom('registrations')
      .select('id')
      .where('email_key', '=', row.email_key)
      .where('site_id', '=', row.site_id)
      .where('expires_at', '>', new Date(at))
      .orderBy('id', 'desc')
      .limit(MAX_PENDING)
      .execute();
    const newest = pending[0];
    if (newest !== undefined && pending.length === MAX_PENDING) {
      const { expires_at } = row;
      await transaction.updateTable('registrations').set({ expires_at }).where('id', '=', newest.id).execute();
      return newest.id;
    }
    const id = randomUUIDv7();
    await transaction
      .insertInto('registrations')
      .values({ ...row, id })
      .execute();
    return id;
  }

  return async (site, { email: givenEmail, username: givenUsername, name = '' }, address, by) => {
    const email = readEmailAddress(givenEmail);
    if (email === undefined) throw invalidBody('email', 'is not an e-mail address');
    const { username, username_key, username_skeleton } = usernameColumns(givenUsername ?? null);
    const found = await database.selectFrom('sites').select('registration').where('id', '=', site).executeTakeFirst();
    if (found === undefined) throw problem('site_not_found');
    if (found.registration !== 'open') throw problem('registration_closed');
    const isAllowed = await throttle.allows({ mailbox: email.key, address, scope: site });
    if (username !== null) await requireFreeUsername(username_key, username_skeleton);
    if (!isAllowed) return;
    const at = now();
    const row = {
      site_id: site,
      email: email.address,
      email_key: email.key,
      username,
      name: name.trim(),
      expires_at: new Date(at + tokenPurposes.emailVerification.lifetimeSeconds * 1_000),
    };
    await database.transaction().execute(async (transaction) => {
      const registration = await pendingRow(transaction, row, at);
      await outbox.add(transaction, by, { kind: 'registration', registration });
      await audit.append(transaction, by, { action: 'user.register', site, target: registration });
    });
    outbox.wake();
  };

  /** Names are public on a site; addresses are not. So the check does not depend on the owner of the address. */
  async function requireFreeUsername(key: string | null, skeleton: string | null): Promise<void> {
    const taken = await database
      .selectFrom('users')
      .select(sql`1`.as('one'))
      .where(({ or, eb }) => or([eb('username_key', '=', key), eb('username_skeleton', '=', skeleton)]))
      .executeTakeFirst();
    if (taken !== undefined) throw problem('username_taken');
  }
}
