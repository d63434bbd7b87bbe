import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type EntryRow, type ReadScope, viewColumns } from '../entries/entry-columns.ts';
import { NO_NUMBER, NO_TEXT, NO_TIME } from '../entry-variants/variant-rows.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { ITEMS, numberSlots } from '../types/field-slots.ts';
import { isEntryOperand } from './operands.ts';
import { afterSql, placeSql, type SortKey, type SortPlace } from './sorting.ts';
import type { Branch } from './variant-branches.ts';

/** A column of `v` that an index holds in its order. */
export interface SortColumn {
  readonly column: RawBuilder<unknown>;
  readonly kind: 'text' | 'number' | 'time';
  readonly nullable: boolean;
}

/** A part of a filter, as a branch is asked for it. */
export interface Part {
  readonly predicate: RawBuilder<SqlBool>;
  /** Whether it needs the entry, under the name `e`. */
  readonly entries: boolean;
  /** Whether an index finds what passes it, one row after the other. */
  readonly indexed: boolean;
  /** Whether the index over items does, all at once. */
  readonly held: boolean;
}

/**
 * How the entries of a branch are found.
 * `walk`: so many rows in the order of the list, of which those that pass are taken.
 * `gather`: what passes one part of the filter, at most so many rows; the order is made of them.
 * `all`: what passes the filter, however many there are.
 */
export type Plan =
  | { readonly how: 'walk'; readonly rows: number }
  | { readonly how: 'gather'; readonly rows: number; readonly part: number }
  | { readonly how: 'all' };

export interface PlannedBranch {
  readonly branch: Branch;
  readonly parts: readonly Part[];
  readonly keys: readonly SortKey[];
  readonly plan: Plan;
}

/** Entries with a value of the first key of the order, or those without, which come behind them. */
export type Phase = 'present' | 'missing';

export interface PageRequest {
  readonly site: string;
  readonly type: CompiledType;
  readonly scope: ReadScope;
  readonly first: SortColumn;
  readonly phase: Phase;
  readonly after: { readonly place: SortPlace; readonly id: string } | undefined;
  readonly rows: number;
}

/** A row of a page; without an `id`, there is none. */
export interface PageRow extends EntryRow {
  readonly place: SortPlace;
  readonly current_version: number;
  /** Rows that were walked or gathered, a number a branch; null where enough was found before one had to look. */
  readonly looked: readonly (number | null)[];
}

const missingValue = { text: NO_TEXT, number: NO_NUMBER, time: NO_TIME } as const;
const direction = (key: SortKey | undefined) => (key?.descending ? sql`desc` : sql`asc`);

/** A page of a list: always one row at least, with the version of the type and how far each branch has looked. */
export function pageSql(branches: readonly PlannedBranch[], page: PageRequest): RawBuilder<PageRow> {
  const { site, type, scope } = page;
  const keys = branches[0]?.keys ?? [];
  const tables = branches.map((planned, index) => branchSql(planned, page, index));
  const order = (alias: string) =>
    sql.join([
      ...keys.map((key, index) => sql`${sql.ref(`${alias}.o${index}`)} ${direction(key)} nulls last`),
      sql`${sql.ref(`${alias}.id`)} ${direction(keys.at(-1))}`,
    ]);
  const found = sql.join(
    branches.map((_, index) => sql`(select * from ${sql.ref(`found${index}`)})`),
    sql` union all `,
  );
  const looked = branches.map(
    (
      { plan },
      index,
    ) => sql`case when (select count(*) from ${sql.ref(`found${index}`)}) >= ${sql.lit(page.rows)} then null
      else ${plan.how === 'all' ? sql`null` : sql`(select count(*) from ${sql.ref(`near${index}`)})`} end`,
  );
  return sql<PageRow>`
    with ${sql.join(tables)},
    page as (select * from (${found}) p order by ${order('p')} limit ${sql.lit(page.rows)})
    select r.*, t.version as current_version, array[${sql.join(looked)}]::integer[] as looked
    from content_types t left join lateral (
      select p.place, ${orderColumns(keys, 'p')}, ${viewColumns(scope)}
      from page p cross join lateral (select * from entries where site = ${site} and id = p.id offset 0) e
      where ${scope.visible}
    ) r on true
    where t.site = ${site} and t.id = ${type.id}
    order by ${order('r')}`;
}

/** The rows of a branch that pass the filter, behind a `from`. */
export function passingSql(
  { branch, parts }: Pick<PlannedBranch, 'branch' | 'parts'>,
  site: string,
): RawBuilder<unknown> {
  const conditions = [
    sql`v.list = ${sql.lit(branch.list)}`,
    branch.visible ?? sql`true`,
    ...parts.map((part) => part.predicate),
  ];
  return sql`entry_variants v ${entriesOf(parts, site)} where ${sql.join(conditions, sql` and `)}`;
}

/** Joins the entry to a row where a part needs it: by the id of the row, whatever the planner thinks. */
function entriesOf(parts: readonly Part[], site: string): RawBuilder<unknown> {
  if (parts.every((part) => !part.entries)) return sql``;
  return sql`cross join lateral (select * from entries where site = ${site} and id = v.entry_id offset 0) e`;
}

const orderColumns = (keys: readonly SortKey[], alias: string) =>
  sql.join(keys.map((_, index) => sql.ref(`${alias}.o${index}`)));

function branchSql(planned: PlannedBranch, page: PageRequest, index: number): RawBuilder<unknown> {
  const { plan, parts, keys, branch } = planned;
  const { first, after } = page;
  const near = sql.ref(`near${index}`);
  const visible = branch.visible === undefined ? [] : [branch.visible];
  const reach = [sql<SqlBool>`v.list = ${sql.lit(branch.list)}`, ...reachOf(keys, page)];
  const indexOrder = sql`${first.column} ${direction(keys[0])}, v.entry_id ${direction(keys[0])}`;
  const passes = [...visible, ...parts.map((part) => part.predicate)];
  const later =
    after === undefined || keys.length === 1 ? [] : [afterSql(keys, after.place, after.id, sql`v.entry_id`)];
  const entries = entriesOf(parts, page.site);
  const finish = (source: RawBuilder<unknown>, conditions: readonly RawBuilder<SqlBool>[], joined = entries) => sql`
    ${sql.ref(`found${index}`)} as (
      select v.entry_id as id, ${placeSql(keys)}, ${sql.join(
        keys.map(({ operand }, key) => sql`${key === 0 ? first.column : operand.sortKey} as ${sql.ref(`o${key}`)}`),
      )}
      from ${source} v ${joined} where ${conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)}
      order by ${sql.join([
        sql`${first.column} ${direction(keys[0])}`,
        ...keys.slice(1).map((key) => sql`${key.operand.sortKey} ${direction(key)} nulls last`),
        sql`v.entry_id ${direction(keys.at(-1))}`,
      ])} limit ${sql.lit(page.rows)})`;
  switch (plan.how) {
    case 'walk': {
      const walked = sql`${near} as materialized (
        select * from entry_variants v where ${sql.join(reach, sql` and `)}
        order by ${indexOrder} limit ${sql.lit(plan.rows)})`;
      return sql`${walked}, ${finish(near, [...passes, ...later, ...wholeGroups(planned, page, near, plan.rows)])}`;
    }
    case 'gather': {
      const part = [...visible, ...parts.map(({ predicate }) => predicate)][plan.part] ?? sql<SqlBool>`true`;
      const gathered = sql`${near} as materialized (
        select * from entry_variants v where v.list = ${sql.lit(branch.list)} and ${part} limit ${sql.lit(plan.rows)})`;
      return sql`${gathered}, ${finish(near, [...reach, ...passes, ...later])}`;
    }
    case 'all': {
      const conditions = [...reach, ...passes, ...later];
      // Without a filter an index in the order of the list is the best that there is; with one it is what has failed already.
      if (parts.length === 0) return finish(sql`entry_variants`, conditions);
      const all = sql`${near} as materialized (
        select v.* from entry_variants v ${entries} where ${sql.join(conditions, sql` and `)})`;
      return sql`${all}, ${finish(near, [], sql``)}`;
    }
  }
}

/** The rows of the phase behind the place of the page before, as the index of the first key holds them. */
function reachOf(keys: readonly SortKey[], { first, phase, after }: PageRequest): RawBuilder<SqlBool>[] {
  const { column } = first;
  const missing = missingValue[first.kind];
  const descending = keys[0]?.descending ?? false;
  const beyond = descending ? sql`<` : sql`>`;
  const id = after && sql`${after.id}::uuid`;
  const alone = keys.length === 1;
  if (phase === 'missing') {
    return [
      sql`${column} = ${missing}`,
      ...(after === undefined || !alone ? [] : [sql<SqlBool>`v.entry_id ${beyond} ${id}`]),
    ];
  }
  const present = first.nullable ? [sql<SqlBool>`${column} ${first.kind === 'text' ? sql`>` : sql`<`} ${missing}`] : [];
  const text = after?.place[0];
  if (after === undefined || text === undefined || text === null) return present;
  const value = sql`${text}::${sql.raw({ text: 'text', number: 'numeric', time: 'timestamptz' }[first.kind])}`;
  return [
    ...present,
    alone ? sql`(${column}, v.entry_id) ${beyond} (${value}, ${id})` : sql`${column} ${beyond}= ${value}`,
  ];
}

/** With several keys, only groups of equal first keys that have been walked to their end can be put in order. */
function wholeGroups(
  { keys }: PlannedBranch,
  { first, phase }: PageRequest,
  near: RawBuilder<unknown>,
  rows: number,
): RawBuilder<SqlBool>[] {
  if (keys.length === 1) return [];
  const last = sql`(select ${first.column} from ${near} v offset ${sql.lit(rows - 1)} limit 1)`;
  if (phase === 'missing') return [sql`${last} is null`];
  return [sql`(${last} is null or ${first.column} ${keys[0]?.descending ? sql`>` : sql`<`} ${last})`];
}

/** The column of a key of an order; undefined where there is none, or it does not hold all values yet (`waiting`). */
export function sortColumn(name: string, type: CompiledType, waiting: readonly string[]): SortColumn | undefined {
  if (isEntryOperand(name)) {
    return { column: sql.ref(`v.${name}`), kind: 'time', nullable: name === 'published_at' };
  }
  const field = type.fieldByName.get(name);
  const slot = field && !waiting.includes(field.id) ? type.slots[field.id] : undefined;
  if (slot === undefined || slot === ITEMS) return undefined;
  return { column: sql.ref(`v.${slot}`), kind: numberSlots.includes(slot) ? 'number' : 'text', nullable: true };
}
