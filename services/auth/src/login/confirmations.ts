import { batchQuestions } from '@gaia/database/question-batch';
import { type Kysely, sql } from 'kysely';
import { auditEntryText } from '../audit/audit-entry.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { oldestRecentSight } from './known-devices.ts';

/** A login whose session has been made, and whose tokens nobody has yet. */
export interface LoginToConfirm {
  readonly user: string;
  /** As it was when the password was checked. */
  readonly credentialVersion: number;
  readonly site: string | undefined;
  /** Digest of what the login came from. */
  readonly device: Buffer;
  readonly by: Origin;
}

export interface Confirmation {
  /** False: the credentials have changed meanwhile, or the user is disabled; nothing is written then. */
  readonly isCurrent: boolean;
  /** Whether the device was seen not long ago, so that nothing needs to be written about it. */
  readonly isDeviceKnown: boolean;
}

interface ConfirmationRow {
  readonly current: number[];
  readonly known: number[];
}

/**
 * The last step before a login is answered: the credentials are read once more, because a change of password that was
 * under way may have ended all sessions just before this one began, and the login is audited. Logins that are there at the
 * same time do it in one transaction: the audit log has one end, and every commit costs a write to the disk.
 */
export function createConfirmations({
  database,
  now,
}: {
  readonly database: Kysely<AuthTables>;
  now(): number;
}): (login: LoginToConfirm) => Promise<Confirmation> {
  return batchQuestions({
    parallel: 1,
    largest: 100,
    ask: async (logins: readonly LoginToConfirm[]) => {
      const at = now();
      const texts = logins.map(({ user, site, by }) =>
        auditEntryText({ action: 'session.open', site, target: user }, { ...by, subject: user }, at),
      );
      const { rows } = await sql<ConfirmationRow>`
        with login as materialized (
          select * from unnest(
            ${logins.map(({ user }) => user)}::uuid[],
            ${logins.map(({ credentialVersion }) => credentialVersion)}::int[],
            ${logins.map(({ device }) => device)}::bytea[],
            ${texts}::text[]
          ) with ordinality as login (user_id, credential_version, device, entry, n)
        ), confirmed as materialized (
          select n, entry from login join users on users.id = login.user_id
          where users.credential_version = login.credential_version and not users.disabled
        )
        select audit_append(array(select entry from confirmed order by n)),
          array(select n::int from confirmed) as current,
          array(
            select n::int from login join user_devices using (user_id, device)
            where user_devices.last_seen_at >= ${new Date(oldestRecentSight(at))}
          ) as known`.execute(database);
      const [row] = rows;
      return logins.map((_login, index) => ({
        isCurrent: row?.current.includes(index + 1) ?? false,
        isDeviceKnown: row?.known.includes(index + 1) ?? false,
      }));
    },
  });
}
