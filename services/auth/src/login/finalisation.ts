import { auditEventText } from '@gaia/audit-log/event';
import { batchQuestions } from '@gaia/database/question-batch';
import { type Kysely, sql } from 'kysely';
import { type AccessRow, accessColumns, accessFactsOf, accessJoins, profileOf } from '../access/access-rows.ts';
import { type SiteAccess, sessionAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuthTables } from '../database.ts';
import type { UserProfile } from '../users/profile.ts';
import { oldestRecentSight } from './known-devices.ts';

/** A login whose session has been made, and whose tokens nobody has yet. */
export interface LoginToFinalise {
  readonly user: string;
  readonly sessionId: string;
  /** As it was when the password was checked. */
  readonly credentialVersion: number;
  readonly site: string | undefined;
  /** Digest of what the login came from. */
  readonly device: Buffer;
  readonly by: Actor;
}

export type Finalisation =
  /** The login is audited. */
  | { readonly user: UserProfile; readonly access: SiteAccess; readonly isDeviceKnown: boolean }
  /** Nothing is written: the credentials have changed meanwhile or the user is disabled, or is not a member there. */
  | { readonly refused: 'invalid_credentials' | 'not_a_member' };

interface FinalisationRow extends AccessRow {
  readonly n: number;
  readonly known: boolean;
  readonly welcome: boolean;
}

/**
 * The last step before a login is answered. The credentials are read once more, because a change of password that was
 * under way may have ended all sessions just before this one began; the rights are read, after the time that the tokens
 * will carry; and the login is audited. Logins that are there at the same time do it in one transaction: the audit log has
 * one end, and every commit costs a write to the disk.
 */
export function createFinalisation({
  database,
  now,
}: {
  readonly database: Kysely<AuthTables>;
  now(): number;
}): (login: LoginToFinalise) => Promise<Finalisation> {
  return batchQuestions({
    parallel: 1,
    largest: 100,
    ask: async (logins: readonly LoginToFinalise[]) => {
      const at = now();
      const texts = logins.map(({ user, sessionId, site, by }) =>
        auditEventText({ action: 'session.open', site, target: user }, { ...by, subject: user, sessionId }, at),
      );
      const { rows } = await sql<FinalisationRow>`
        with asked as materialized (
          select * from unnest(
            ${logins.map(({ user }) => user)}::uuid[],
            ${logins.map(({ credentialVersion }) => credentialVersion)}::int[],
            ${logins.map(({ site }) => site ?? null)}::text[],
            ${logins.map(({ device }) => device)}::bytea[],
            ${texts}::text[]
          ) with ordinality as asked (user_id, credential_version, site_id, device, entry, n)
        ), current as materialized (
          select asked.n::int, asked.entry, ${accessColumns},
            exists (
              select from user_devices where user_devices.user_id = asked.user_id
                and user_devices.device = asked.device and last_seen_at >= ${new Date(oldestRecentSight(at))}
            ) as known,
            sites.id is not distinct from asked.site_id
              and (users.administrator or asked.site_id is null or memberships.user_id is not null) as welcome
          from asked
          join users on users.id = asked.user_id
            and users.credential_version = asked.credential_version and not users.disabled ${accessJoins}
        ), audited as materialized (
          select audit_append(array(select entry from current where welcome order by n))
        )
        select current.* from current, audited`.execute(database);
      const finalisations: Finalisation[] = logins.map(() => ({ refused: 'invalid_credentials' }));
      for (const row of rows) finalisations[row.n - 1] = finalisationOf(row);
      return finalisations;
    },
  });
}

function finalisationOf(row: FinalisationRow): Finalisation {
  const access = row.welcome ? sessionAccess(accessFactsOf(row), row.site ?? undefined) : undefined;
  return access === undefined
    ? { refused: 'not_a_member' }
    : { user: profileOf(row), access, isDeviceKnown: row.known };
}
