import { Problem } from '@gaia/http-service/problem';
import { sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import type { Outbox } from '../feed/outbox.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { Field, ValueShape } from '../types/field.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { type JsonObject, sameJson } from '../values/json-values.ts';
import type { Author } from './author.ts';
import { differingFields, stamped } from './entry-changes.ts';
import { demandEditable, demandScope, demandWritable } from './permissions.ts';
import { countReferrers, entryInUse } from './referrers.ts';
import { holdType, lockEntry, type StoredEntry, updateEntry } from './stored-entry.ts';

export interface UnlinkDependencies {
  readonly types: TypeCache;
  readonly outbox: Pick<Outbox, 'append'>;
  readonly now: () => number;
}

/** Entries that one change can unlink. */
const MAX_UNLINKED = 100;

/**
 * Takes the references to an entry out of all others, or out of their published copies only. The author must be able to
 * change each of them; none that readers see may be left incomplete. Throws `entry_in_use`, `insufficient_scope`,
 * `field_not_writable`. The caller holds the entry, so no reference to it can be added meanwhile.
 */
export async function unlinkReferrers(
  transaction: CmsTransaction,
  deps: UnlinkDependencies,
  author: Author,
  target: StoredEntry,
  copies: 'both' | 'published',
): Promise<void> {
  const total = await countReferrers(transaction, target, copies === 'published');
  const inUse = (detail: string) => entryInUse(transaction, deps.types, author, target, total, detail);
  if (total > MAX_UNLINKED) throw await inUse(`More than ${MAX_UNLINKED} entries refer to it.`);
  const { rows } = await sql<{ id: string }>`
    select distinct entry_id as id from entry_refs
    where site = ${target.site} and target_id = ${target.id}::uuid and entry_id <> ${target.id}::uuid
      ${copies === 'published' ? sql`and published` : sql``}
    order by entry_id`.execute(transaction);
  for (const [index, { id }] of rows.entries()) {
    const entry = await lockEntry(transaction, author, target.site, id).catch(async (error: unknown) => {
      if (error instanceof Problem) throw await inUse('An entry that you may not see refers to it.');
      throw error;
    });
    const type = await holdType(transaction, deps.types, entry.site, { id: entry.typeId });
    if (type === undefined) continue;
    const after = unlinked(entry, type, target.id, copies);
    const changed = [
      ...differingFields(type, after.draft, entry.draft),
      ...differingFields(type, after.published ?? {}, entry.published ?? {}),
    ];
    if (changed.length === 0) continue;
    const names = type.fields.filter((field) => changed.includes(field.id)).map(({ name }) => name);
    demandEditable(author, entry);
    demandWritable(author, type, Object.fromEntries(names.map((name) => [name, null])));
    const seen = !sameJson(after.published, entry.published);
    if (seen) {
      demandScope(author, 'content:publish');
      if (!isComplete(type, after.published ?? {})) throw await inUse(`The published entry ${id} requires it.`);
    }
    const version = entry.version + 1;
    await updateEntry(
      transaction,
      {
        ...entry,
        ...after,
        version,
        changed: after.published !== undefined && !sameJson(after.draft, after.published),
        fieldVersions: stamped(entry, changed, version),
        updatedAt: deps.now(),
        lastChange: { by: author.subject, via: author.by.actingParty },
        ...(seen && { readerVersion: version, readerUpdatedAt: deps.now() }),
      },
      type,
    );
    const details = { type: type.name, fields: names, unlinked: target.id };
    const event = { action: 'entry.change', site: entry.site, target: id, details } as const;
    await deps.outbox.append(transaction, { site: entry.site, id, place: index + 1 }, { by: author.by, event });
  }
}

function unlinked(entry: StoredEntry, type: CompiledType, target: string, copies: 'both' | 'published') {
  return {
    draft: copies === 'both' ? withoutFields(type.fields, entry.draft, target) : entry.draft,
    published: entry.published && withoutFields(type.fields, entry.published, target),
  };
}

function isComplete(type: CompiledType, document: JsonObject): boolean {
  try {
    type.refuseIncomplete(document);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

function withoutFields(fields: readonly Field[], document: JsonObject, target: string): JsonObject {
  const known = new Map(fields.map((field) => [field.id, field]));
  return Object.fromEntries(
    Object.entries(document).flatMap(([id, value]): [string, unknown][] => {
      const field = known.get(id);
      const left = field === undefined ? value : without(field, value, target);
      return left === undefined ? [] : [[id, left]];
    }),
  );
}

function without(shape: ValueShape, value: unknown, target: string): unknown {
  if (shape.type === 'reference') return value === target ? undefined : value;
  if (shape.type === 'object') return withoutFields(shape.fields ?? [], value as JsonObject, target);
  const item = shape.of;
  if (shape.type !== 'list' || item === undefined) return value;
  return (value as unknown[]).map((member) => without(item, member, target)).filter((member) => member !== undefined);
}
