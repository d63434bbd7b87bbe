import { grantedSql, holdsOneOfSql } from '@gaia/policy/access-sql';
import { conditionSql } from '@gaia/policy/condition-sql';
import { mayReadField } from '@gaia/policy/fields';
import { type Caller, readable } from '@gaia/policy/visibility';
import { type Expression, type SqlBool, sql } from 'kysely';

/**
 * The files of a site (table alias `f`) that a caller may read: those with a fitting visibility of their own, their uploads, and those
 * that a published copy of a readable entry mentions in a readable field. Users who edit all
 * content also reads what drafts mention, and what no entry mentions (yet).
 */
export function readableFiles(caller: Caller, site: string): Expression<SqlBool> {
  const isPublic = sql<SqlBool>`f.visibility = 'public'`;
  const opened = sql<SqlBool>`exists (
    select from file_references r where r.site = f.site and r.file = f.id and ${opens(caller, site)})`;
  const ways = [isPublic, opened];
  if (caller?.site === site) {
    ways.push(sql<SqlBool>`f.uploaded_by = ${caller.subject}`);
    if (caller.scopes.includes('assets:read')) {
      ways.push(sql<SqlBool>`f.visibility = 'members'`);
      const held = holdsOneOfSql(caller, site, sql.ref<string[]>('f.products'));
      ways.push(sql<SqlBool>`(f.visibility = 'products' and ${held})`);
    }
    if (caller.scopes.includes('content:edit')) {
      ways.push(sql<SqlBool>`not exists (select from file_references r where r.site = f.site and r.file = f.id)`);
    }
  }
  return sql<SqlBool>`(f.site = ${site} and (${sql.join(ways, sql` or `)}))`;
}

/** Whether a reference (alias `r`) is one that the caller may read: the entry by the policy's rule, and the field. */
function opens(caller: Caller, site: string): Expression<SqlBool> {
  const entry = conditionSql(readable(caller, site), {
    site: sql.ref<string>('r.site'),
    author: sql.ref<string>('r.author'),
    published: sql<SqlBool>`r.edition = 'published'`,
    granted: grantedSql(caller, site, sql.ref<number>('r.access_class')),
  });
  // A draft is not reviewed: it must not open files of others whose ids its author knows.
  const edition = sql<SqlBool>`r.edition = 'published'`;
  const reviewed = caller?.scopes.includes('content:edit') ? entry : sql<SqlBool>`(${edition} and ${entry})`;
  // A rule that names no role lets in only those whom no rule binds.
  if (mayReadField(caller, [])) return reviewed;
  const roles = (caller?.roles ?? []).filter((role) => mayReadField(caller, [role]));
  return sql<SqlBool>`${reviewed} and (not r.restricted or r.readable_by && ${roles}::text[])`;
}
