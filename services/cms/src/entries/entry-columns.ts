import type { Visibility } from '@gaia/policy/access-rule';
import { grantedSql } from '@gaia/policy/access-sql';
import { type Condition, given, holds } from '@gaia/policy/condition';
import { conditionSql } from '@gaia/policy/condition-sql';
import { type Caller, editable, readable, workingCopyReadable } from '@gaia/policy/visibility';
import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeVersion } from '../types/type-cache.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { EntryView, LastChange } from './entry.ts';

/** The entries table under an alias, as the policy asks about it. */
function policyColumns(alias: string) {
  return {
    site: sql.ref<string>(`${alias}.site`),
    author: sql.ref<string>(`${alias}.author`),
    published: sql<SqlBool>`${sql.ref(`${alias}.published`)} is not null`,
  };
}

/** SQL for what one caller sees of the entries of a site. Queries must confine their `site` to that site themselves. */
export interface ReadScope {
  /** Which rows the caller may read. */
  readonly visible: Expression<SqlBool>;
  /** Of two expressions, the one for the copy that the caller sees of a row. */
  pick<T>(working: RawBuilder<T>, published: RawBuilder<T>): RawBuilder<T>;
  /** Whether the caller sees nothing but published copies, so that none of their columns is null. */
  readonly publishedOnly: boolean;
}

/** Of the entries table under an alias, which is no text from outside. */
export function readScope(caller: Caller, site: string, alias = 'e'): ReadScope {
  const here = (condition: Condition) => given(condition, { site });
  const accessClass = sql.ref<number>(`${alias}.access_class`);
  const asked = { ...policyColumns(alias), granted: grantedSql(caller, site, accessClass) };
  const working = here(workingCopyReadable(caller, site));
  return {
    visible: conditionSql(here(readable(caller, site)), asked),
    pick: (workingCopy, publishedCopy) => {
      if (working.is === 'always') return workingCopy;
      if (working.is === 'never') return publishedCopy;
      return sql`case when ${conditionSql(working, asked)} then ${workingCopy} else ${publishedCopy} end`;
    },
    publishedOnly: working.is === 'never',
  };
}

export interface EntryRow {
  site: string;
  id: string;
  type_id: string;
  type_version: number;
  author: string;
  visibility: string;
  access_class: number;
  access_names: string[];
  is_published: boolean;
  document: unknown;
  version: number;
  changed: boolean;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
  updated_by: string | null;
  updated_via: string | null;
}

/** The select list that makes an EntryRow of `e`, joined with its type as `t`. */
export function viewColumns(scope: ReadScope): RawBuilder<EntryRow> {
  const pick = (working: string, published: string) => scope.pick(sql.ref(working), sql.ref(published));
  return sql<EntryRow>`e.site, e.id, e.type_id, t.version as type_version, e.author, e.visibility,
    e.access_class, e.access_names, e.published is not null as is_published, ${pick('e.draft', 'e.published')} as document,
    ${pick('e.version', 'e.reader_version')} as version, ${scope.pick(sql`e.changed`, sql`false`)} as changed,
    e.created_at, ${pick('e.updated_at', 'e.reader_updated_at')} as updated_at, e.published_at,
    e.updated_by, e.updated_via`;
}

export function typeVersionOf(row: EntryRow): TypeVersion {
  return { site: row.site, id: row.type_id, version: row.type_version };
}

/** The row as its caller may see it: without the fields that are not for this caller. */
export function viewOfRow(row: EntryRow, type: CompiledType, caller: Caller): EntryView {
  return {
    site: row.site,
    id: row.id,
    type,
    status: row.is_published ? 'published' : 'draft',
    rule: { visibility: row.visibility as Visibility, names: row.access_names },
    accessClass: row.access_class,
    author: row.author,
    document: type.readableDocument(caller, row.document as JsonObject),
    version: row.version,
    changed: row.changed,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    publishedAt: row.published_at?.getTime(),
    lastChange: lastChangeFor(caller, row, { by: row.updated_by ?? undefined, via: row.updated_via ?? undefined }),
  };
}

/** Ids of editors are for those who may edit the entry too. */
export function lastChangeFor(
  caller: Caller,
  { site, author }: { site: string; author: string },
  lastChange: LastChange,
): LastChange | undefined {
  return allows(editable(caller, site), { site, author, published: undefined }) ? lastChange : undefined;
}

/** Whether a caller may do what a condition says, which does not ask about access classes, to a known entry. */
export function allows(condition: Condition, row: { site: string; author: string; published: unknown }): boolean {
  const { site, author } = row;
  return holds(condition, { site, author, published: row.published !== undefined, granted: false });
}
