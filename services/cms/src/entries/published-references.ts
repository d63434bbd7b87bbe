import { sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { JsonObject } from '../values/json-values.ts';
import { referencesOf } from './reference-check.ts';

/**
 * Ids of the entries to which a document refers that have no published copy; each is held, so that none is unpublished
 * or deleted meanwhile. Throws `references_unpublished` for references to what is gone or of a type that the field does
 * not lead to any more: no reader may be led there.
 */
export async function unpublishedTargets(
  transaction: CmsTransaction,
  type: CompiledType,
  document: JsonObject,
  self: string,
): Promise<string[]> {
  const references = referencesOf(type, document);
  references.delete(self);
  if (references.size === 0) return [];
  const { rows } = await sql<{ id: string; type_id: string; published: boolean }>`
    select id, type_id, published is not null as published from entries
    where site = ${type.site} and id = any(${[...references.keys()].toSorted()}::uuid[])
    order by id for key share`.execute(transaction);
  const found = new Map(rows.map((row) => [row.id, row]));
  const wrong = [...references].flatMap(([id, mentions]) => {
    const row = found.get(id);
    const bad = mentions.filter(({ to }) => row === undefined || (to !== undefined && !to.includes(row.type_id)));
    return bad.map(({ path }) => ({ path, id, message: 'leads to an entry that is gone, or of another type' }));
  });
  if (wrong.length > 0) throw unpublishedReferences(wrong);
  return rows.filter(({ published }) => !published).map(({ id }) => id);
}

/** 409 `references_unpublished`, with the places and ids of those that readers could not follow. */
export function unpublishedReferences(
  places: readonly { readonly path: string; readonly id: string; readonly message: string }[],
) {
  const shown = places.slice(0, 20);
  return problem('references_unpublished', {
    detail: 'Readers could not follow a reference; publish what it leads to first, or with it by references=publish.',
    errors: shown.map(({ path, message }) => ({ path: `/body/fields${path}`.slice(0, 200), message })),
    extensions: { references: shown.map(({ id }) => id) },
  });
}

/** The same for references of a document to drafts. */
export function draftReferences(type: CompiledType, document: JsonObject, drafts: readonly string[]) {
  const references = referencesOf(type, document);
  return unpublishedReferences(
    drafts.flatMap((id) =>
      (references.get(id) ?? []).map(({ path }) => ({ path, id, message: 'leads to an entry that is not published' })),
    ),
  );
}
