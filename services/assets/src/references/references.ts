import type { FeedConsumer } from '@gaia/feed-follower/consumer';
import type { EntryCopy, EntryEvent } from '@gaia/feed-follower/events';
import { sql, type Transaction } from 'kysely';
import type { AssetsDatabase, Variant } from '../database.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_TITLE_LENGTH = 300;

/** Keeps which copies of which entries mention which files, as the feed says it. */
export const referencesConsumer: FeedConsumer<AssetsDatabase> = Object.freeze({
  apply: applyEntries,
  sweep: async (transaction: Transaction<AssetsDatabase>, generation: number) => {
    await transaction.deleteFrom('file_references').where('generation', '<', generation).execute();
  },
});

async function applyEntries(
  transaction: Transaction<AssetsDatabase>,
  changed: readonly EntryEvent[],
  generation: number,
): Promise<void> {
  await sql`
    delete from file_references where (site, entry) in (
      select * from unnest(${changed.map((event) => event.site)}::text[], ${changed.map((event) => event.id)}::text[])
    )`.execute(transaction);
  const references = changed.flatMap(referencesOf);
  if (references.length === 0) return;
  await sql`
    insert into file_references
      (site, entry, edition, file, restricted, readable_by, author, access_class, type, title, generation)
    select site, entry, edition, file, restricted, readable_by, author, access_class, type, title, ${generation}::integer
    from jsonb_to_recordset(${JSON.stringify(references)}::jsonb) as given (
      site text, entry text, edition text, file uuid, restricted boolean, readable_by text[], author text,
      access_class integer, type text, title text)
    on conflict do nothing`.execute(transaction);
}

function referencesOf({ site, id, entry }: EntryEvent) {
  if (entry === null) return [];
  const { author, accessClass, type } = entry;
  const editions: [Variant, EntryCopy | null][] = [
    ['published', entry.published],
    ['working', entry.draft],
  ];
  return editions.flatMap(([edition, copy]) => {
    if (copy === null) return [];
    const title = copy.title.slice(0, MAX_TITLE_LENGTH).toWellFormed();
    const common = { site, entry: id, edition, author, access_class: accessClass, type, title };
    return mentions(copy).map((mention) => ({ ...common, ...mention }));
  });
}

/** A file that stands in a field for all and in one for some is mentioned twice: each opens it to its readers. */
function mentions({ assets, restricted }: EntryCopy) {
  return [
    ...assets.map((file) => ({ file, restricted: false, readable_by: [] as readonly string[] })),
    ...restricted.flatMap(({ readableBy, assets: files }) =>
      files.map((file) => ({ file, restricted: true, readable_by: readableBy })),
    ),
  ].filter(({ file }) => UUID.test(file));
}
