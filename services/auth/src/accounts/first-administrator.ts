import { randomUUIDv7 } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { requireValidPassword } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import { insertUser, readNewUser } from './users.ts';

export interface FirstAdministratorOptions {
  readonly database: Kysely<AuthTables>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly email: string | undefined;
  readonly password: string | undefined;
  readonly strength: Pick<PasswordStrength, 'weakness'>;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
  now(): number;
  randomBytes(size: number): Buffer;
  /** Gets the generated password once, to show it. */
  announce(administrator: { email: string; password: string }): void;
}

export const DEFAULT_ADMINISTRATOR = 'admin@localhost';

/** Keeps replicas that start at the same time from making two. */
const LOCK = 'gaia auth first administrator';

/**
 * Makes the installation's administrator if there are no users at all.
 * Throws validation_failed for an unusable address or password.
 */
export async function ensureFirstAdministrator(options: FirstAdministratorOptions): Promise<void> {
  const { database, passwords, now, randomBytes } = options;
  if (await hasUsers(database)) return sayUnused(options);
  const email = options.email ?? DEFAULT_ADMINISTRATOR;
  const password = options.password ?? randomBytes(15).toString('base64url');
  requireValidPassword(password);
  const row = readNewUser({ email, name: 'Administrator' });
  // The operator's choice stands: who sets it in the environment must not be kept from starting.
  const weakness = options.password && (await options.strength.weakness(password, [row.email]));
  if (weakness) options.log.warn({ weakness }, 'GAIA_ADMIN_PASSWORD is easy to guess; change it after the first login');
  const passwordHash = await passwords.hash(password);
  await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`.execute(transaction);
    if (await hasUsers(transaction)) return;
    const at = now();
    await insertUser(transaction, {
      ...row,
      id: randomUUIDv7(),
      password_hash: passwordHash,
      administrator: true,
      // Who starts the installation says whose address it is.
      email_verified_at: new Date(at),
      created_at: new Date(at),
      updated_at: new Date(at),
    });
    // Before the commit: an administrator whose password nobody has seen would lock everybody out.
    if (options.password === undefined) options.announce({ email: row.email, password });
  });
}

/** An operator who gives another password here must not think that it had been set. */
function sayUnused({ email, password, log }: FirstAdministratorOptions): void {
  if (email === undefined && password === undefined) return;
  log.info(
    { unused: [email && 'GAIA_ADMIN_EMAIL', password && 'GAIA_ADMIN_PASSWORD'].filter(Boolean) },
    'an administrator exists, so these settings are not used; gaia users set-password sets a password on this host',
  );
}

async function hasUsers(database: Kysely<AuthTables>): Promise<boolean> {
  return (await database.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}
