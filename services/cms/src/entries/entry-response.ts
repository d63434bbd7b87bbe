import { entityTag } from '@gaia/http-service/conditional-requests';
import { takesNames } from '@gaia/policy/access-rule';
import type { EntryView, SavedEntry } from './entry.ts';
import { formatRichText, type RichTextFormat } from './rich-text-format.ts';

/** An entry as it travels. */
export function entryResponse(entry: EntryView, format: RichTextFormat = 'json') {
  return {
    id: entry.id,
    site: entry.site,
    type: entry.type.name,
    status: entry.status,
    visibility: entry.rule.visibility,
    ...(takesNames(entry.rule.visibility) && { [entry.rule.visibility]: [...entry.rule.names] }),
    author: entry.author,
    fields: entry.type.decode(entry.document, (document) => formatRichText(document, format)) as Record<
      string,
      unknown
    >,
    version: entry.version,
    changed: entry.changed,
    created_at: new Date(entry.createdAt).toISOString(),
    updated_at: new Date(entry.updatedAt).toISOString(),
    published_at: entry.publishedAt === undefined ? null : new Date(entry.publishedAt).toISOString(),
    ...(entry.lastChange && {
      updated_by: entry.lastChange.by ?? null,
      updated_via: entry.lastChange.via ?? null,
    }),
  };
}

export function savedResponse(saved: SavedEntry) {
  return { ...entryResponse(saved.entry), seq: saved.seq };
}

/** The validator of an entry as one caller sees it. */
export function entryTag(entry: EntryView): string {
  return entityTag(entryResponse(entry), entry.version);
}
