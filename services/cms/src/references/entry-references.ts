import { sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { visitValues } from '../types/document-contents.ts';
import type { ContentType } from '../types/field.ts';
import type { JsonObject } from '../values/json-values.ts';

interface WrittenEntry {
  readonly site: string;
  readonly id: string;
  readonly draft: JsonObject;
  readonly published: JsonObject | undefined;
}

interface Mention {
  readonly entry: string;
  readonly published: boolean;
  readonly fieldId: string;
  readonly target: string;
}

/** Makes `entry_refs` say what both copies of an entry mention, as it has just been written. */
export async function keepReferences(
  transaction: CmsTransaction,
  entry: WrittenEntry,
  type: CompiledType,
): Promise<void> {
  if (!type.mentionsEntries) return;
  await writeReferences(transaction, entry.site, [entry.id], mentionsOfEntry(entry, type));
}

/**
 * The same for entries of a type that has changed: fields that it has no more mention nothing. Those that somebody is
 * writing are left to him, since he has the type as it is now.
 */
export async function keepReferencesOfType(
  transaction: CmsTransaction,
  type: ContentType,
  ids: readonly string[],
): Promise<void> {
  const rows = await transaction
    .selectFrom('entries')
    .select(['site', 'id', 'draft', 'published'])
    .where('site', '=', type.site)
    .where('id', 'in', [...ids])
    .forNoKeyUpdate()
    .skipLocked()
    .execute();
  const mentions = rows.flatMap(({ site, id, draft, published }) =>
    mentionsOfEntry(
      { site, id, draft: draft as JsonObject, published: (published ?? undefined) as JsonObject | undefined },
      type,
    ),
  );
  await writeReferences(
    transaction,
    type.site,
    rows.map((row) => row.id),
    mentions,
  );
}

async function writeReferences(
  transaction: CmsTransaction,
  site: string,
  ids: readonly string[],
  mentions: readonly Mention[],
): Promise<void> {
  const rows = sql`select ${site}::text, r.* from unnest(
    ${mentions.map((mention) => mention.entry)}::uuid[], ${mentions.map((mention) => mention.published)}::boolean[],
    ${mentions.map((mention) => mention.fieldId)}::text[], ${mentions.map((mention) => mention.target)}::uuid[])
    r (entry_id, published, field_id, target_id)`;
  await sql`
    with gone as (
      delete from entry_refs r where r.site = ${site} and r.entry_id = any(${[...ids]}::uuid[])
      and (r.site, r.entry_id, r.published, r.field_id, r.target_id) not in (${rows})
    )
    insert into entry_refs (site, entry_id, published, field_id, target_id) ${rows} on conflict do nothing`.execute(
    transaction,
  );
}

function mentionsOfEntry({ id, draft, published }: WrittenEntry, type: ContentType): Mention[] {
  return [
    ...mentionsOf(id, type, draft, false),
    ...(published === undefined ? [] : mentionsOf(id, type, published, true)),
  ];
}

function mentionsOf(entry: string, type: ContentType, document: JsonObject, published: boolean): Mention[] {
  const found = new Map<string, Mention>();
  for (const field of type.fields) {
    visitValues([field], document, (shape, value) => {
      if (shape.type !== 'reference') return;
      found.set(`${field.id} ${value}`, { entry, published, fieldId: field.id, target: value as string });
    });
  }
  return [...found.values()];
}
