import type { Caller } from '@gaia/policy/visibility';
import type { CmsDatabase } from '../database.ts';
import type { EntryView } from '../entries/entry.ts';
import { entryResponse } from '../entries/entry-response.ts';
import type { Entries } from '../entries/entry-service.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { findType, listTypes } from '../types/type-store.ts';
import { expandEntries } from './expand.ts';
import { checkSelection, passesReferences, type Selection, selectsAll } from './selection.ts';

interface SelectorDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly entries: Pick<Entries, 'getMany'>;
}

/** Gives the parts of entries that a caller has selected. `typeName` is the type of which all of them are. */
type Selector = (
  caller: Caller,
  site: string,
  views: readonly EntryView[],
  selection: Selection,
  typeName: string | undefined,
) => Promise<ReturnType<typeof entryResponse>[]>;

/**
 * Selects and expands. Throws `unknown_field`, `field_not_readable`, `validation_failed`, `expansion_too_large`: names
 * are checked by the types, so that what is refused does not depend on the entries that are found.
 */
export function createSelector({ database, types, entries }: SelectorDependencies): Selector {
  const typesOfSite = async (site: string) => (await listTypes(database, site)).map((type) => types.compiled(type));

  async function typesOf(site: string, views: readonly EntryView[], name: string | undefined): Promise<CompiledType[]> {
    const [first] = views;
    if (name === undefined) return typesOfSite(site);
    if (first !== undefined) return [first.type];
    const type = await findType(database, site, name);
    return type === undefined ? [] : [types.compiled(type)];
  }

  return async (caller, site, views, selection, typeName) => {
    const respond = (entry: EntryView) => entryResponse(entry, selection.richText);
    if (selectsAll(selection)) return views.map(respond);
    const roots = await typesOf(site, views, typeName);
    const all = passesReferences(selection) ? await typesOfSite(site) : [];
    checkSelection(
      selection,
      roots,
      ({ to }) => (to === undefined ? all : all.filter(({ id }) => to.includes(id))),
      caller,
    );
    return expandEntries(views, selection, {
      getMany: (ids) => entries.getMany(caller, site, ids),
      respond,
    });
  };
}
