import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';
import { LATIN_LETTERS, LOOK_ALIKES } from '../src/users/look-alikes.ts';

/** What user names look like, so that no new one can be mistaken for one that there is. Of present ones the oldest counts. */
export const usernameSkeleton: Migration = {
  name: '0021-username-skeleton',
  up: async (db) => {
    await sql`alter table users add column username_skeleton text unique`.execute(db);
    await sql`
      update users set username_skeleton = first.skeleton
      from (
        select distinct on (skeleton) id, skeleton
        from (
          select id, lower(translate(username, ${LOOK_ALIKES}, ${LATIN_LETTERS})) as skeleton
          from users where username is not null
        ) as named
        order by skeleton, id
      ) as first
      where users.id = first.id`.execute(db);
  },
};
