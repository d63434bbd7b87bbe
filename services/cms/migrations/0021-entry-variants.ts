import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const textSlots = Array.from({ length: 16 }, (_, index) => `s${index + 1}`);
const numberSlots = Array.from({ length: 8 }, (_, index) => `n${index + 1}`);

const slotIndex = (slot: string) =>
  sql`create index ${sql.id(`entry_variants_by_${slot}`)} on entry_variants (list, ${sql.id(slot)}, entry_id)
    where ${sql.id(slot)} is not null`;

const statements = [
  sql`alter table content_types
    add column list integer generated always as identity unique,
    add column slots jsonb not null default '{}'`,
  sql`create table entry_variants (
    site text not null,
    entry_id uuid not null,
    list integer not null,
    author text collate "C" not null,
    access_class integer not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null,
    published_at timestamptz(3) not null,
    ${sql.join(textSlots.map((slot) => sql`${sql.id(slot)} text collate "C"`))},
    ${sql.join(numberSlots.map((slot) => sql`${sql.id(slot)} numeric`))},
    items text[] collate "C" not null,
    primary key (entry_id, list),
    foreign key (site, entry_id) references entries (site, id) on delete cascade
  )`,
  ...(['author', 'access_class', 'created_at', 'updated_at', 'published_at'] as const).map(
    (column) =>
      sql`create index ${sql.id(`entry_variants_by_${column}`)} on entry_variants (list, ${sql.id(column)}, entry_id)`,
  ),
  ...[...textSlots, ...numberSlots].map(slotIndex),
  sql`create index entry_variants_by_item on entry_variants using gin (items) with (fastupdate = off)
    where items <> '{}'`,
  sql`create table variant_fills (
    site text not null,
    type_id uuid not null,
    fields text[],
    after_id uuid,
    filled integer not null default 0,
    primary key (site, type_id),
    foreign key (site, type_id) references content_types (site, id) on delete cascade
  )`,
  sql`update content_types t set slots = coalesce((
    select jsonb_object_agg(f.id, case f.prefix when 'items' then 'items' else f.prefix || f.n end)
    from (
      select k.id, k.prefix, row_number() over (partition by k.prefix order by k.place) as n
      from (
        select d.field ->> 'id' as id, d.place, case
          when d.field ->> 'type' in ('text', 'enum', 'date', 'boolean', 'reference', 'asset') then 's'
          when d.field ->> 'type' = 'number' then 'n'
          when d.field -> 'of' ->> 'type' in ('text', 'enum', 'date', 'boolean', 'reference', 'asset') then 'items'
        end as prefix
        from jsonb_array_elements(t.fields) with ordinality d(field, place)
      ) k where k.prefix is not null
    ) f where f.n <= case f.prefix when 's' then 16 when 'n' then 8 else f.n end), '{}')`,
  sql`insert into variant_fills (site, type_id) select site, id from content_types`,
];

/** A narrow row for each variant of an entry, by which lists are filtered and sorted. Those of old entries are filled in later. */
export const entryVariants: Migration = {
  name: '0021-entry-variants',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
