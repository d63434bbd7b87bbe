import type { Caller } from '@gaia/policy/visibility';
import { sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import { problem } from '../errors.ts';
import { preparedCallerQuery } from '../prepared-queries.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { isUuid } from '../values/uuid.ts';
import type { EntryView } from './entry.ts';
import { type EntryRow, readScope, typeVersionOf, viewColumns, viewOfRow } from './entry-columns.ts';

export interface EntryReader {
  /** Throws `entry_not_found`, also for what the caller may not read. */
  get(caller: Caller, site: string, id: string): Promise<EntryView>;
  /** Those of the ids that the caller may read, each once, by id. */
  getMany(caller: Caller, site: string, ids: readonly string[]): Promise<Map<string, EntryView>>;
}

const selectEntry = preparedCallerQuery<{ id: string }, EntryRow>(['id'], (caller, site, { id }) => {
  const scope = readScope(caller, site);
  return sql`
    select ${viewColumns(scope)} from entries e join content_types t on t.site = e.site and t.id = e.type_id
    where e.site = ${site} and e.id = ${id} and ${scope.visible}`;
});

const selectEntries = preparedCallerQuery<{ ids: readonly string[] }, EntryRow>(['ids'], (caller, site, { ids }) => {
  const scope = readScope(caller, site);
  return sql`
    select ${viewColumns(scope)} from entries e join content_types t on t.site = e.site and t.id = e.type_id
    where e.site = ${site} and e.id = any(${ids}::uuid[]) and ${scope.visible}`;
});

export function createEntryReader(database: CmsDatabase, types: TypeCache): EntryReader {
  async function getMany(caller: Caller, site: string, ids: readonly string[]): Promise<Map<string, EntryView>> {
    const usable = ids.filter(isUuid).map((id) => id.toLowerCase());
    if (usable.length === 0) return new Map();
    const rows = await selectEntries(database, caller, site, { ids: usable });
    const typeOf = await types.load(database, rows.map(typeVersionOf));
    const views = new Map(rows.map((row) => [row.id, viewOfRow(row, typeOf(typeVersionOf(row)), caller)]));
    return new Map(
      ids.flatMap((id): [string, EntryView][] => {
        const view = views.get(id.toLowerCase());
        return view === undefined ? [] : [[id, view]];
      }),
    );
  }

  async function get(caller: Caller, site: string, id: string): Promise<EntryView> {
    if (!isUuid(id)) throw problem('entry_not_found');
    const [row] = await selectEntry(database, caller, site, { id });
    if (row === undefined) throw problem('entry_not_found');
    const version = typeVersionOf(row);
    const type = types.known(version) ?? (await types.load(database, [version]))(version);
    return viewOfRow(row, type, caller);
  }

  return { get, getMany };
}
