import { grantedSql } from '@gaia/policy/access-sql';
import { conditionSql } from '@gaia/policy/condition-sql';
import { type Caller, readable, workingCopyReadable } from '@gaia/policy/visibility';
import { type Expression, type SqlBool, sql } from 'kysely';

/**
 * The documents (table alias `d`) that a caller may find: of each entry the copy that cms would show, so at most one. Who may
 * read the working copy gets it, all others get the published one if they may read that.
 */
export function visibleDocuments(caller: Caller, site: string): Expression<SqlBool> {
  const columns = {
    site: sql.ref<string>('d.site'),
    author: sql.ref<string>('d.author'),
    published: sql<SqlBool>`d.edition in ('whole', 'published')`,
    granted: grantedSql(caller, site, sql.ref<number>('d.access_class')),
  };
  const working = conditionSql(workingCopyReadable(caller, site), columns);
  const allowed = conditionSql(readable(caller, site), columns);
  return sql<SqlBool>`d.site = ${site} and (
    (d.edition in ('whole', 'working') and ${working})
    or (d.edition in ('whole', 'published') and ${allowed} and not ${working})
  )`;
}
