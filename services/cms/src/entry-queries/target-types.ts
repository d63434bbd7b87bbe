import type { CmsDatabase } from '../database.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { listTypes } from '../types/type-store.ts';
import type { Filter } from './filter.ts';
import { type FilterScope, passesReferences } from './filters.ts';

/** Reads the types to which the references that a filter passes can lead. */
export async function loadTargetTypes(
  database: CmsDatabase,
  types: TypeCache,
  site: string,
  filter: Filter | undefined,
  type: CompiledType | undefined,
): Promise<FilterScope['targetsOf']> {
  if (!passesReferences(filter, type)) return () => [];
  const all = (await listTypes(database, site)).map((one) => types.compiled(one));
  return ({ to }) => (to === undefined ? all : all.filter(({ id }) => to.includes(id)));
}
