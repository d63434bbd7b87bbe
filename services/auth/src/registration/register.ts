import { tokenPurposes } from '@gaia/tokens/purposes';
import { type Kysely, sql } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { RequestThrottle } from '../login/request-throttle.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import { uuidV7 } from '../users/user-id.ts';
import { type NewUser, readNewUser } from '../users/users.ts';

export interface RegisterOptions {
  readonly database: Kysely<AuthTables>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: Pick<PasswordStrength, 'require'>;
  readonly throttle: RequestThrottle;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
  randomBytes(size: number): Buffer;
}

export type Register = (site: string, user: NewUser, address: string, by: Origin) => Promise<void>;

/**
 * Takes a registration at a site that is open to everybody. There is no user before the address is shown to be theirs, and
 * whether there is one already is found out when the mail is written: the answer and its time are the same either way.
 * Throws site_not_found, registration_closed, validation_failed, password_too_weak, username_taken, rate_limited,
 * unavailable.
 */
export function createRegister(options: RegisterOptions): Register {
  const { database, passwords, strength, throttle, outbox, audit, now, randomBytes } = options;
  return async (site, given, address, by) => {
    const row = readNewUser(given);
    const found = await database
      .selectFrom('sites')
      .select(['name', 'registration'])
      .where('id', '=', site)
      .executeTakeFirst();
    if (found === undefined) throw problem('site_not_found');
    if (found.registration !== 'open') throw problem('registration_closed');
    const isAllowed = await throttle.allows(row.email_key, address);
    await strength.require(given.password, [row.email, row.username, row.name, found.name]);
    if (row.username_key !== null) await requireFreeUsername(row.username_key);
    const password_hash = await passwords.hash(given.password);
    if (!isAllowed) return;
    const at = now();
    const id = uuidV7(at, randomBytes(10));
    const expires_at = new Date(at + tokenPurposes.emailVerification.lifetimeSeconds * 1_000);
    await database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('registrations')
        .values({ ...row, id, site_id: site, password_hash, expires_at })
        // The link of the registration before dies with its id.
        .onConflict((conflict) =>
          conflict.columns(['site_id', 'email_key']).doUpdateSet({ ...row, id, password_hash, expires_at }),
        )
        .execute();
      await outbox.add(transaction, { kind: 'registration', registration: id });
      await audit.append(transaction, by, { action: 'user.register', site, target: id });
    });
    outbox.wake();
  };

  /** Names are public on a site; addresses are not. So this is asked, and answered, whoever the address belongs to. */
  async function requireFreeUsername(key: string): Promise<void> {
    const taken = await database
      .selectFrom('users')
      .select(sql`1`.as('one'))
      .where('username_key', '=', key)
      .executeTakeFirst();
    if (taken !== undefined) throw problem('username_taken');
  }
}
