import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';

const PAGE = 500;

/** Of another one's doing the user may know what it was and who, and not from where. */
const ofTheActor = ['address', 'session', 'request_id'];

/** Pages of the audit entries of what a user has done and of what was done to them, the oldest first. */
export async function* auditPages(database: Kysely<AuthTables>, user: string): AsyncGenerator<readonly object[]> {
  let after = 0;
  for (;;) {
    const { rows } = await sql<{ seq: number; entry: string }>`
      select seq, entry from (
        (select seq, entry from audit_log where actor = ${user} and seq > ${after} order by seq limit ${PAGE})
        union
        (select seq, entry from audit_log where target = ${user} and seq > ${after} order by seq limit ${PAGE})
      ) as about order by seq limit ${PAGE}`.execute(database);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.seq;
    yield rows.map(({ entry }) => readEntry(JSON.parse(entry), user));
  }
}

function readEntry({ at, ...entry }: Readonly<Record<string, unknown>>, user: string): object {
  const isOwn = (entry.actor === undefined || entry.actor === user) && entry.acting_party === undefined;
  const shown = Object.entries(entry).filter(([name]) => isOwn || !ofTheActor.includes(name));
  return { at: new Date(Number(at)).toISOString(), ...Object.fromEntries(shown) };
}
