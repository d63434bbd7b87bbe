import { problem } from '@gaia/http-service/problem';
import type { Caller } from '@gaia/policy/visibility';
import type { CmsTransaction } from '../database.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { visitValues } from '../types/document-contents.ts';
import type { JsonObject } from '../values/json-values.ts';
import { readScope } from './entry-columns.ts';

interface Mention {
  readonly path: string;
  readonly to: readonly string[] | undefined;
}

/**
 * Refuses references to what is no entry of the site that the caller may read, or is of a type that the field does
 * not lead to: `validation_failed`. What is referred to is held until the transaction ends: whoever deletes it meanwhile
 * waits, and then sees the reference. References that were there before are left alone: they hold their targets already.
 */
export async function checkReferences(
  transaction: CmsTransaction,
  caller: Caller,
  type: CompiledType,
  document: JsonObject,
  before: JsonObject = {},
): Promise<void> {
  const old = new Set(referencesOf(type, before).keys());
  const added = [...referencesOf(type, document)].filter(([id]) => !old.has(id));
  if (added.length === 0) return;
  const rows = await transaction
    .selectFrom('entries as e')
    .select(['e.id', 'e.type_id'])
    .where('e.site', '=', type.site)
    .where('e.id', 'in', [...new Set(added.map(([id]) => id))])
    .where(readScope(caller, type.site).visible)
    .orderBy('e.id')
    .forKeyShare()
    .execute();
  const typeOf = new Map(rows.map((row) => [row.id, row.type_id]));
  const errors = added.flatMap(([id, mentions]) => {
    const found = typeOf.get(id);
    return mentions
      .filter(({ to }) => found === undefined || (to !== undefined && !to.includes(found)))
      .map(({ path }) => ({ path: `/body/fields${path}`, message: 'is no entry to which this field can lead' }));
  });
  const [first] = errors;
  if (first === undefined) return;
  throw problem('validation_failed', { detail: `${first.path} ${first.message}.`, errors: errors.slice(0, 20) });
}

/** What a document refers to, and where. */
export function referencesOf(type: CompiledType, document: JsonObject): Map<string, Mention[]> {
  const found = new Map<string, Mention[]>();
  visitValues(type.fields, document, (shape, value, path) => {
    if (shape.type !== 'reference') return;
    const id = value as string;
    found.set(id, [...(found.get(id) ?? []), { path, to: shape.to }]);
  });
  return found;
}
