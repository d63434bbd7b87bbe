import { batchQuestions } from '@gaia/database/question-batch';
import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import type { UserProfile } from '../users/profile.ts';
import { type AccessRow, accessColumns, accessFactsOf, accessJoins, profileOf } from './access-rows.ts';
import type { AccessFacts } from './site-access.ts';

/** A user and their present rights on a site. */
export interface AccountFacts extends AccessFacts {
  readonly user: UserProfile;
  readonly disabled: boolean;
}

/** Whose rights, and where: on a site or on none. */
export interface FactsQuestion {
  readonly user: string;
  readonly site: string | undefined;
}

interface FactsRow extends AccessRow {
  readonly n: number;
  readonly disabled: boolean;
}

export type ReadFacts = (question: FactsQuestion) => Promise<AccountFacts | undefined>;

/** Every refresh asks for them, so under load they are read together. */
export function createReadFacts(database: Kysely<AuthTables>): ReadFacts {
  return batchQuestions({
    parallel: 2,
    largest: 100,
    ask: async (questions: readonly FactsQuestion[]) => {
      const { rows } = await sql<FactsRow>`
        select asked.n::int, users.disabled, ${accessColumns}
        from unnest(
          ${questions.map(({ user }) => user)}::uuid[],
          ${questions.map(({ site }) => site ?? null)}::text[]
        ) with ordinality as asked (user_id, site_id, n)
        join users on users.id = asked.user_id ${accessJoins}`.execute(database);
      const facts: (AccountFacts | undefined)[] = questions.map(() => undefined);
      for (const row of rows)
        facts[row.n - 1] = { ...accessFactsOf(row), user: profileOf(row), disabled: row.disabled };
      return facts;
    },
  });
}
