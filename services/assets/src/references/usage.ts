import { type Kysely, sql } from 'kysely';
import type { AssetsDatabase, Variant } from '../database.ts';

/** An entry that mentions a file. */
interface Usage {
  readonly entry: string;
  readonly type: string;
  readonly title: string;
  /** In which copies it is mentioned. */
  readonly editions: readonly Variant[];
  /** Whether it stands only in fields that not everybody who sees the entry may read. */
  readonly restricted: boolean;
}

export interface Usages {
  readonly usages: readonly Usage[];
  readonly total: number;
}

/** Entries that mention a file, by their ids; at most `limit` of them, and how many there are. */
export async function usageOf(
  database: Kysely<AssetsDatabase>,
  file: { readonly id: string; readonly site: string },
  limit: number,
): Promise<Usages> {
  const { rows } = await sql<Usage & { total: number }>`
    select entry, min(type) as type, min(title) as title, bool_and(restricted) as restricted,
      array_agg(distinct edition order by edition) as editions, (count(*) over ())::int as total
    from file_references where site = ${file.site} and file = ${file.id}
    group by entry order by entry limit ${limit}`.execute(database);
  return { usages: rows.map(({ total: _total, ...usage }) => usage), total: rows[0]?.total ?? 0 };
}
