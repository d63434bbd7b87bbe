import { type Kysely, sql } from 'kysely';
import type { AuditTables } from './tables.ts';

export interface AuditFilter {
  /** Only events of this site; all, with those of no site, if undefined. */
  readonly site?: string | undefined;
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  /** Milliseconds; from the first, up to but without the second. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only events older than the one of this number. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface AuditRecord {
  readonly seq: number;
  readonly entry: Readonly<Record<string, unknown>>;
  /** Hexadecimal. */
  readonly hash: string;
}

export interface AuditLog {
  /** Newest first; one more than `limit`, if there is one, tells that there are more. */
  list(filter: AuditFilter): Promise<readonly AuditRecord[]>;
  /** Forgets what is older; gives how many events. */
  forgetBefore(at: number): Promise<number>;
}

export function createAuditLog(database: Kysely<AuditTables>): AuditLog {
  return {
    list: async ({ site, actor, target, action, outcome, from, to, before, limit }) => {
      let query = database
        .selectFrom('audit_log')
        .select(['seq', 'entry', 'hash'])
        .orderBy('seq', 'desc')
        .limit(limit + 1);
      for (const [column, value] of Object.entries({ site, actor, target, action, outcome })) {
        if (value !== undefined) query = query.where(column as 'site', '=', value);
      }
      if (from !== undefined) query = query.where('at', '>=', from);
      if (to !== undefined) query = query.where('at', '<', to);
      if (before !== undefined) query = query.where('seq', '<', before);
      const rows = await query.execute();
      return rows.map(({ seq, entry, hash }) => ({ seq, entry: JSON.parse(entry), hash: hash.toString('hex') }));
    },
    forgetBefore: async (at) => {
      const { rows } = await sql<{
        removed: number;
      }>`select audit_forget(${Math.floor(at)}::bigint) as removed`.execute(database);
      return rows[0]?.removed ?? 0;
    },
  };
}
