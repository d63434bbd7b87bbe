import { type Kysely, sql, type Transaction } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { LinkClaims, LinkTokens } from '../recovery/link-tokens.ts';
import { uuidV7 } from '../users/user-id.ts';
import { insertUser, refusingTaken } from '../users/users.ts';
import { joinSite } from './join-site.ts';

export interface VerifyOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly audit: Audit;
  now(): number;
  randomBytes(size: number): Buffer;
}

export interface Verified {
  readonly email: string;
  readonly site: string | undefined;
}

/** What members get who register by themselves. */
export const REGISTERED_ROLES: readonly string[] = Object.freeze(['member']);

/**
 * Uses a verification link: makes the user of a registration a member, or notes that a user's address is theirs.
 * Throws link_invalid, link_expired, registration_closed; email_taken, username_taken when two come at the same time.
 */
export function createVerify(options: VerifyOptions): (token: string, by: Origin) => Promise<Verified> {
  const { database, linkTokens, audit, now, randomBytes } = options;

  async function useRegistration(
    transaction: Transaction<AuthTables>,
    claims: LinkClaims,
    by: Origin,
  ): Promise<Verified> {
    // One statement takes it away: of many uses at the same time one finds it.
    const row = await transaction
      .deleteFrom('registrations')
      .where('id', '=', claims.subject)
      .where('email_key', '=', claims.email ?? '')
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw problem('link_invalid');
    const at = new Date(now());
    const site = await transaction
      .selectFrom('sites')
      .select('registration')
      .where('id', '=', row.site_id)
      .executeTakeFirst();
    if (site?.registration !== 'open') throw problem('registration_closed');
    const known = await transaction
      .updateTable('users')
      .set({ email_verified_at: sql`coalesce(email_verified_at, ${at})` })
      .where('email_key', '=', row.email_key)
      .returning(['id', 'disabled'])
      .executeTakeFirst();
    if (known?.disabled) throw problem('link_invalid');
    const user = known?.id ?? (await makeUser(transaction, row, at));
    await joinSite(transaction, { user, site: row.site_id, roles: REGISTERED_ROLES, at });
    const event = { action: 'user.verify', site: row.site_id, target: user } as const;
    await audit.append(transaction, { ...by, subject: user }, { ...event, details: { new: known === undefined } });
    return { email: row.email, site: row.site_id };
  }

  async function makeUser(
    transaction: Transaction<AuthTables>,
    row: Pick<
      AuthTables['registrations'],
      'email' | 'email_key' | 'username' | 'username_key' | 'name' | 'password_hash'
    >,
    at: Date,
  ): Promise<string> {
    // Somebody else may have taken the name meanwhile: better an account without it than none.
    const taken = await transaction
      .selectFrom('users')
      .select('id')
      .where('username_key', '=', row.username_key ?? '')
      .executeTakeFirst();
    const { id } = await insertUser(transaction, {
      id: uuidV7(at.getTime(), randomBytes(10)),
      email: row.email,
      email_key: row.email_key,
      username: taken === undefined ? row.username : null,
      username_key: taken === undefined ? row.username_key : null,
      name: row.name,
      password_hash: row.password_hash,
      administrator: false,
      email_verified_at: at,
      created_at: at,
      updated_at: at,
    });
    return id;
  }

  async function useVerification(
    transaction: Transaction<AuthTables>,
    claims: LinkClaims,
    by: Origin,
  ): Promise<Verified> {
    const { subject, email, credentialVersion, linkVersion } = claims;
    if (email === undefined || credentialVersion === undefined || linkVersion === undefined)
      throw problem('link_invalid');
    const row = await transaction
      .updateTable('users')
      .set({ email_verified_at: new Date(now()), link_version: sql`link_version + 1` })
      .where('id', '=', subject)
      .where('email_key', '=', email)
      .where('credential_version', '=', credentialVersion)
      .where('link_version', '=', linkVersion)
      .where('email_verified_at', 'is', null)
      .where('disabled', '=', false)
      .returning('email')
      .executeTakeFirst();
    if (row === undefined) throw problem('link_invalid');
    await audit.append(transaction, { ...by, subject }, { action: 'user.verify', target: subject });
    return { email: row.email, site: undefined };
  }

  return async (token, by) => {
    const claims = await linkTokens.verify('emailVerification', token);
    return refusingTaken(() =>
      database
        .transaction()
        .execute((transaction) =>
          claims.isRegistration ? useRegistration(transaction, claims, by) : useVerification(transaction, claims, by),
        ),
    );
  };
}
