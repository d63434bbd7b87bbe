import { batchQuestions } from '@gaia/database/question-batch';
import { type Kysely, sql } from 'kysely';
import type { AccessFacts } from '../access/site-access.ts';
import type { AuthTables } from '../database.ts';
import { ownPermissions } from '../roles/own-permissions.ts';

/** A user's present rights on a site. */
export interface AccountFacts extends AccessFacts {
  readonly disabled: boolean;
  readonly credentialVersion: number;
}

/** Whose rights, and where: on a site or on none. */
export interface FactsQuestion {
  readonly user: string;
  readonly site: string | undefined;
}

interface FactsRow {
  readonly n: number;
  readonly administrator: boolean;
  readonly disabled: boolean;
  readonly credentialVersion: number;
  readonly site: string | null;
  readonly roles: string[] | null;
  readonly permissions: string[] | null;
}

/** Every refresh asks for them, so under load they are read together. */
export function createReadFacts(
  database: Kysely<AuthTables>,
): (question: FactsQuestion) => Promise<AccountFacts | undefined> {
  return batchQuestions({
    parallel: 2,
    largest: 100,
    ask: async (questions: readonly FactsQuestion[]) => {
      const { rows } = await sql<FactsRow>`
        select question.n::int, users.administrator, users.disabled, users.credential_version as "credentialVersion",
          sites.id as site, memberships.roles, ${ownPermissions}
        from unnest(
          ${questions.map(({ user }) => user)}::uuid[],
          ${questions.map(({ site }) => site ?? null)}::text[]
        ) with ordinality as question (user_id, site_id, n)
        join users on users.id = question.user_id
        left join sites on sites.id = question.site_id
        left join memberships on memberships.user_id = users.id and memberships.site_id = sites.id`.execute(database);
      const facts: (AccountFacts | undefined)[] = questions.map(() => undefined);
      for (const { n, site, roles, permissions, ...user } of rows) {
        facts[n - 1] = {
          ...user,
          site: site ?? undefined,
          roles: roles ?? undefined,
          permissions: permissions ?? undefined,
        };
      }
      return facts;
    },
  });
}
