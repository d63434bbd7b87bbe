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

/** Whose rights, and where: on a site, on none, or on the user's first. */
export interface FactsQuestion {
  readonly user: string;
  readonly site: string | undefined;
  readonly orFirstSite: boolean;
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

/** Every login and every refresh asks for them, so under load they are read together. */
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
          ${questions.map(({ site }) => site ?? null)}::text[],
          ${questions.map(({ orFirstSite }) => orFirstSite)}::boolean[]
        ) with ordinality as question (user_id, site_id, or_first_site, n)
        join users on users.id = question.user_id
        left join sites on sites.id = coalesce(question.site_id, case when question.or_first_site then coalesce(
          (select site_id from memberships where user_id = users.id order by created_at, site_id limit 1),
          (select id from sites where users.administrator order by created_at, id limit 1)
        ) end)
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
