import { sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { visitValues } from '../types/document-contents.ts';
import type { JsonObject } from '../values/json-values.ts';

interface WrittenEntry {
  readonly site: string;
  readonly id: string;
  readonly draft: JsonObject;
  readonly published: JsonObject | undefined;
}

interface Mention {
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
  const mentions = [
    ...mentionsOf(type, entry.draft, false),
    ...(entry.published === undefined ? [] : mentionsOf(type, entry.published, true)),
  ];
  const rows = sql`select ${entry.site}::text, ${entry.id}::uuid, r.* from unnest(
    ${mentions.map((mention) => mention.published)}::boolean[], ${mentions.map((mention) => mention.fieldId)}::text[],
    ${mentions.map((mention) => mention.target)}::uuid[]) r (published, field_id, target_id)`;
  await sql`
    with gone as (
      delete from entry_refs r where r.site = ${entry.site} and r.entry_id = ${entry.id}::uuid
      and (r.site, r.entry_id, r.published, r.field_id, r.target_id) not in (${rows})
    )
    insert into entry_refs (site, entry_id, published, field_id, target_id) ${rows} on conflict do nothing`.execute(
    transaction,
  );
}

function mentionsOf(type: CompiledType, document: JsonObject, published: boolean): Mention[] {
  const found = new Map<string, Mention>();
  for (const field of type.fields) {
    visitValues([field], document, (shape, value) => {
      if (shape.type !== 'reference') return;
      found.set(`${field.id} ${value}`, { published, fieldId: field.id, target: value as string });
    });
  }
  return [...found.values()];
}
