import pg from 'pg';

export const SITE = 'bench.localhost';

export interface Seeded {
  readonly ids: readonly string[];
  readonly typeId: string;
}

/** Fills a migrated database with published articles, of which one in ten is for holders of a product. */
export async function seed(url: string, entries: number): Promise<Seeded> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=cms' });
  await client.connect();
  const fields = ['title', 'body', 'rating'].map((name) => ({
    id: `f${name}`,
    name,
    type: name === 'rating' ? 'number' : name === 'body' ? 'richText' : 'text',
    required: false,
    unique: false,
  }));
  const { rows: types } = await client.query<{ id: string }>(
    `insert into content_types (site, id, name, name_key, fields, version, created_at, updated_at)
     values ($1, gen_random_uuid(), 'article', 'article', $2, 1, now(), now()) returning id`,
    [SITE, JSON.stringify(fields)],
  );
  const typeId = types[0]?.id ?? '';
  await client.query(`insert into products values ($1, 'course', 'Course', now(), now())`, [SITE]);
  await client.query(`insert into access_classes values ($1, 16, gen_random_uuid(), 'products', '{course}')`, [SITE]);
  await client.query(`insert into entitlements values ($1, 'u-bench', 'course', gen_random_uuid(), true, now())`, [
    SITE,
  ]);
  await client.query(
    `insert into entries (site, id, type_id, author, visibility, access_class, access_names, version, reader_version,
       draft, published, changed, field_versions, bytes, created_at, updated_at, published_at, reader_updated_at)
     select $1, gen_random_uuid(), $2, 'u-' || n % 50,
       case when n % 10 = 0 then 'products' when n % 10 < 4 then 'members' else 'public' end,
       case when n % 10 = 0 then 16 when n % 10 < 4 then 2 else 1 end,
       case when n % 10 = 0 then '{course}'::text[] else '{}' end,
       2, 2, d.doc, d.doc, false, '{}', 1200, t.at, t.at, t.at, t.at
     from generate_series(1, $3::int) n
     cross join lateral (select jsonb_build_object('ftitle', 'Article ' || n, 'fbody', repeat('Some words of text. ', 25),
       'frating', n % 100) as doc) d
     cross join lateral (select now() - n * interval '1 second' as at) t`,
    [SITE, typeId, entries],
  );
  await client.query('analyze');
  const { rows } = await client.query<{ id: string }>(`select id from entries order by random() limit 2000`);
  await client.end();
  return { ids: rows.map((row) => row.id), typeId };
}
