import { grantedSql } from '@gaia/policy/access-sql';
import { given } from '@gaia/policy/condition';
import { conditionSql } from '@gaia/policy/condition-sql';
import { type Caller, readable, workingCopyReadable } from '@gaia/policy/visibility';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { readScope } from '../entries/entry-columns.ts';
import { NO_TIME, variantList } from '../entry-variants/variant-rows.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { EntryRows } from './operands.ts';
import { slotOperand } from './slot-operand.ts';

/** The rows of `entry_variants`, under the name `v`, of one kind of variant that a caller sees. No entry is in two branches. */
export interface Branch {
  readonly variant: 'draft' | 'published';
  readonly list: number;
  /** Which of the rows the caller sees; undefined: all. */
  readonly visible: RawBuilder<SqlBool> | undefined;
}

/** Of the policy, for each variant the entries of which a caller sees it. */
export function branchesOf(caller: Caller, site: string, type: CompiledType): Branch[] {
  const working = given(workingCopyReadable(caller, site), { site });
  // What is one's own is in the branch of the drafts, so this one is about entries of others: no author has an empty id.
  const published = given(readable(caller, site), { site, published: true, author: '' });
  const columns = {
    site: sql.ref<string>('v.site'),
    author: sql.ref<string>('v.author'),
    published: sql<SqlBool>`true`,
    granted: grantedSql(caller, site, sql.ref<number>('v.access_class')),
  };
  const branches: Branch[] = [];
  if (working.is !== 'always') {
    const seen = conditionSql(published, columns);
    const visible =
      working.is === 'never' ? sql<SqlBool>`${seen}` : sql<SqlBool>`${seen} and not ${conditionSql(working, columns)}`;
    branches.push({ variant: 'published', list: variantList(type, 'published'), visible });
  }
  if (working.is !== 'never') {
    const visible = working.is === 'always' ? undefined : sql<SqlBool>`${conditionSql(working, columns)}`;
    branches.push({ variant: 'draft', list: variantList(type, 'draft'), visible });
  }
  return branches;
}

/** The entries of a branch for filters and sorts, and whether one has asked what only `entries`, under the name `e`, tells. */
export interface BranchRows extends EntryRows {
  readonly asked: { entries: boolean };
}

/** `waiting`: fields whose slots are not filled yet. */
export function branchRows(
  branch: Branch,
  type: CompiledType,
  caller: Caller,
  site: string,
  waiting: readonly string[],
): BranchRows {
  const asked = { entries: false };
  const ofEntry = (column: string) => {
    asked.entries = true;
    return sql.ref(`e.${column}`);
  };
  return {
    asked,
    scope: readScope(caller, site),
    get document() {
      return ofEntry(branch.variant === 'draft' ? 'draft' : 'published');
    },
    member: (name) => {
      switch (name) {
        case 'id':
          return sql.ref('v.entry_id');
        case 'visibility':
          return ofEntry('visibility');
        case 'published_at':
          return sql`nullif(v.published_at, ${NO_TIME})`;
        default:
          return sql.ref(`v.${name}`);
      }
    },
    fieldOperand: (field, about, inDocument) => {
      const slot = waiting.includes(field.id) ? undefined : type.slots[field.id];
      return slot === undefined ? inDocument() : slotOperand({ field, slot, list: branch.list }, about, inDocument);
    },
  };
}
