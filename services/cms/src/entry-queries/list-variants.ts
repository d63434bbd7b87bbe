import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { ITEMS } from '../types/field-slots.ts';
import { type Filter, type FilterOperator, fieldFilters } from './filter.ts';
import { inLimitedTime } from './limited-time.ts';
import type { ListPlace } from './list-cursor.ts';
import { createListPlans, type ListLimits, type ListPlans } from './list-plans.ts';
import { type EntryRows, isEntryOperand } from './operands.ts';
import type { SortKey } from './sorting.ts';
import { type Branch, type BranchRows, branchesOf, branchRows } from './variant-branches.ts';
import {
  type PageRequest,
  type PageRow,
  type Part,
  type Phase,
  type Plan,
  type PlannedBranch,
  pageSql,
  passingSql,
  type SortColumn,
} from './variant-statement.ts';

export interface VariantList {
  readonly database: CmsDatabase;
  readonly caller: Caller;
  readonly site: string;
  readonly type: CompiledType;
  /** Fields whose slots are not filled yet. */
  readonly waiting: readonly string[];
  readonly conjuncts: readonly Filter[];
  readonly status: 'draft' | 'published' | undefined;
  readonly sort: string;
  readonly place: ListPlace | undefined;
  readonly rows: number;
  readonly limits: ListLimits;
  /** The sort keys and a part of the filter as SQL over some rows. */
  keysOf(rows: EntryRows): SortKey[];
  partSql(part: Filter, rows: EntryRows): RawBuilder<SqlBool>;
}

const plansOf = new WeakMap<CmsDatabase, ListPlans>();

/** The rows of a page by the variants. Throws `query_too_expensive`. */
export async function listVariants(list: VariantList, first: SortColumn): Promise<PageRow[] | 'type changed'> {
  const branches = branchesOf(list.caller, list.site, list.type).map((branch) => prepare(list, branch));
  const after = list.place;
  const found: PageRow[] = [];
  for (const phase of phasesOf(first, after?.place[0])) {
    const request = {
      site: list.site,
      type: list.type,
      scope: branches[0]?.scope as PageRequest['scope'],
      first,
      phase,
      after: found.length > 0 || (phase === 'missing' && after?.place[0] !== null) ? undefined : after,
      rows: list.rows - found.length,
    };
    const rows = await phaseRows(list, branches, request);
    if (rows === 'type changed') return rows;
    found.push(...rows);
    if (found.length >= list.rows) break;
  }
  return found;
}

/** The rows of all pages, for counting them. */
export function listedVariants(list: VariantList): RawBuilder<unknown> {
  const branches = branchesOf(list.caller, list.site, list.type).map((branch) => prepare(list, branch));
  return sql`(${sql.join(
    branches.map((branch) => sql`(select from ${passingSql(branch, list.site)})`),
    sql` union all `,
  )}) listed`;
}

/** Entries without a value come last. */
function phasesOf(first: SortColumn, from: string | null | undefined): readonly Phase[] {
  if (!first.nullable) return ['present'];
  return from === null ? ['missing'] : ['present', 'missing'];
}

interface PreparedBranch {
  readonly branch: Branch;
  readonly scope: BranchRows['scope'];
  readonly parts: readonly Part[];
  readonly keys: readonly SortKey[];
  readonly exact: string;
  readonly alike: string;
}

function prepare(list: VariantList, branch: Branch): PreparedBranch {
  const rows = branchRows(branch, list.type, list.caller, list.site, list.waiting);
  const keys = list.keysOf(rows);
  const parts = list.conjuncts.map((part): Part => {
    rows.asked.entries = false;
    const predicate = list.partSql(part, rows);
    const entries = rows.asked.entries;
    const held = !entries && isItem(part, list.type);
    return { predicate, entries, indexed: !entries && !held && isIndexed(part, list.type), held };
  });
  if (list.status !== undefined) {
    const drafts = list.status === 'draft';
    const predicate = sql<SqlBool>`v.published_at ${drafts ? sql`=` : sql`<`} 'infinity'`;
    parts.push({ predicate, entries: false, indexed: true, held: false });
  }
  const own = branch.variant === 'draft' && branch.visible !== undefined ? list.caller?.subject : '';
  const about = [branch.list, own, list.status, list.sort];
  return {
    branch,
    scope: rows.scope,
    parts,
    keys,
    exact: JSON.stringify([...about, list.conjuncts, list.caller?.roles]),
    alike: JSON.stringify([
      ...about,
      list.conjuncts.flatMap(fieldFilters).map(({ field, operator }) => [field, operator]),
    ]),
  };
}

const indexedOperators: readonly FilterOperator[] = ['eq', 'in', 'lt', 'lte', 'gt', 'gte'];

/** Whether an index gives what passes a part, row by row. */
function isIndexed(part: Filter, type: CompiledType): boolean {
  if (!('field' in part) || !indexedOperators.includes(part.operator)) return false;
  const field = type.fieldByName.get(part.field);
  return field === undefined ? isEntryOperand(part.field) : true;
}

function isItem(part: Filter, type: CompiledType): boolean {
  if (!('field' in part) || part.operator !== 'contains') return false;
  const field = type.fieldByName.get(part.field);
  return field !== undefined && type.slots[field.id] === ITEMS;
}

async function phaseRows(
  list: VariantList,
  branches: readonly PreparedBranch[],
  page: PageRequest,
): Promise<PageRow[] | 'type changed'> {
  const { database, type, limits } = list;
  const known = plansOf.get(database) ?? createListPlans(limits);
  plansOf.set(database, known);
  const plans = branches.map(({ branch, exact, alike }): Plan => known.get(exact, alike) ?? firstPlan(branch, limits));
  const tried = branches.map((): Plan[] => []);
  for (;;) {
    const planned = branches.map((branch, index): PlannedBranch => ({ ...branch, plan: plans[index] as Plan }));
    const rows = await run(list, planned, page);
    const [head] = rows;
    if (head === undefined || head.current_version !== type.version) return 'type changed';
    const open = planned.flatMap(({ plan }, index) => (isConclusive(plan, head.looked[index] ?? null) ? [] : [index]));
    for (const [index, { exact, alike }] of branches.entries()) {
      const plan = plans[index] as Plan;
      if (!open.includes(index) && (tried[index] as Plan[]).length > 0) known.set(exact, alike, plan);
    }
    if (open.length === 0) return rows.filter((row) => row.id !== null);
    for (const index of open) {
      const before = tried[index] as Plan[];
      before.push(plans[index] as Plan);
      plans[index] = await nextPlan(
        list,
        planned[index] as PlannedBranch,
        before,
        rows.length === 1 && head.id === null,
      );
    }
  }
}

function isConclusive(plan: Plan, looked: number | null): boolean {
  return plan.how === 'all' || looked === null || looked < plan.rows;
}

/** Most callers have written little, and what they have is soon put in order. */
function firstPlan(branch: Branch, { few }: ListLimits): Plan {
  return branch.variant === 'draft' && branch.visible !== undefined
    ? { how: 'gather', rows: few, part: 0 }
    : { how: 'walk', rows: few };
}

/** What to try when less was found than there may be. */
async function nextPlan(
  { database, limits }: VariantList,
  { branch, parts }: PlannedBranch,
  tried: readonly Plan[],
  nothing: boolean,
): Promise<Plan> {
  const { few, many, gathered: limit } = limits;
  const walked = (rows: number) => tried.some((plan) => plan.how === 'walk' && plan.rows >= rows);
  if (!walked(few)) return { how: 'walk', rows: few };
  if (walked(many)) return { how: 'all' };
  // An item that no entry among so many has is rare, and the index over items gives all that have it at once.
  if (nothing && parts.some((part) => part.held)) return { how: 'all' };
  const counts = await countParts(database, branch, parts, limit);
  const best = counts.toSorted((one, other) => one.count - other.count)[0];
  const gathered = tried.some((plan) => plan.how === 'gather' && plan.rows > few);
  if (best !== undefined && best.count <= limit && !gathered) {
    return { how: 'gather', rows: best.count < few ? few : limit + 1, part: best.part };
  }
  return { how: 'walk', rows: many };
}

/** How many rows pass each part that an index answers, up to what can be gathered. */
async function countParts(database: CmsDatabase, branch: Branch, parts: readonly Part[], limit: number) {
  const all = [
    ...(branch.visible === undefined ? [] : [{ predicate: branch.visible, indexed: true }]),
    ...parts,
  ].flatMap(({ predicate, indexed }, part) => (indexed ? [{ predicate, part }] : []));
  if (all.length === 0) return [];
  const counts = all.map(
    ({ predicate }) => sql`(select count(*) from (
      select from entry_variants v where v.list = ${sql.lit(branch.list)} and ${predicate} limit ${sql.lit(limit + 1)}) c)`,
  );
  const { rows } = await sql<{ counts: number[] }>`select array[${sql.join(counts)}]::integer[] as counts`.execute(
    database,
  );
  return all.map(({ part }, index) => ({ part, count: rows[0]?.counts[index] ?? Number.POSITIVE_INFINITY }));
}

async function run(
  list: VariantList,
  planned: readonly PlannedBranch[],
  page: PageRequest,
): Promise<readonly PageRow[]> {
  const query = pageSql(planned, page);
  if (planned.every(({ plan }) => plan.how !== 'all')) return (await query.execute(list.database)).rows;
  return inLimitedTime(list, async (reader) => (await query.execute(reader)).rows);
}
