import pg from 'pg';

export const SITE = 'bench.localhost';

export interface Seeded {
  readonly ids: readonly string[];
  readonly typeId: string;
}

/** Fields of an article and the slots of their values, as the service gives them. */
const fields = [
  { name: 'title', type: 'text', max_length: 100 },
  { name: 'slug', type: 'text', max_length: 100 },
  { name: 'state', type: 'enum', values: ['draft', 'review', 'published'] },
  { name: 'date', type: 'date' },
  { name: 'rating', type: 'number' },
  { name: 'price', type: 'number' },
  { name: 'year', type: 'number' },
  { name: 'tags', type: 'list', of: { type: 'text' } },
  { name: 'body', type: 'richText' },
].map((field) => ({ id: `f${field.name}`, required: false, unique: false, ...field }));
export const slots = {
  ftitle: 's1',
  fslug: 's2',
  fstate: 's3',
  fdate: 's4',
  frating: 'n1',
  fprice: 'n2',
  fyear: 'n3',
  ftags: 'items',
} as const;

/**
 * Fills a migrated database with articles of about 2 KB, nine in ten of them published, by fifty authors; one in ten is for holders of
 * a product, three in ten are for members. Their variants are left to the service, as those of old entries are.
 */
export async function seed(url: string, entries: number): Promise<Seeded> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=cms,public' });
  await client.connect();
  const { rows: types } = await client.query<{ id: string }>(
    `insert into content_types (site, id, name, name_key, fields, slots, version, created_at, updated_at)
     values ($1, gen_random_uuid(), 'article', 'article', $2, $3, 1, now(), now()) returning id`,
    [SITE, JSON.stringify(fields), JSON.stringify(slots)],
  );
  const typeId = types[0]?.id ?? '';
  await dropIndexes(client);
  await client.query('insert into variant_fills (site, type_id) values ($1, $2)', [SITE, typeId]);
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
       2, case when p.yes then 2 end, d.doc, case when p.yes then d.doc end, false, '{}', 2000, t.at, t.at,
       case when p.yes then t.at end, case when p.yes then t.at end
     from generate_series(1::bigint, $3::bigint) n
     cross join lateral (select n % 11 > 0 as yes) p
     cross join lateral (select now() - n * interval '1 second' as at) t
     cross join lateral (select jsonb_build_object('ftitle', 'Article ' || md5(n::text), 'fslug', 'article-' || n,
       'fstate', case when n % 10 < 8 then 'published' when n % 10 = 8 then 'review' else 'draft' end,
       'fdate', to_char(t.at, 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'), 'frating', (n * 7919) % 100, 'fprice', (n * 104729) % 10000,
       'fyear', 2016 + 10 * (1 - n / ($3::float + 1))::int, 'ftags', jsonb_build_array('t' || n % 7, 'rare' || n % 5000),
       'fbody', repeat(md5(n::text) || ' some words of text ', 36)) as doc) d`,
    [SITE, typeId, entries],
  );
  await client.query('analyze');
  const { rows } = await client.query<{ id: string }>('select id from entries tablesample system (10) limit 2000');
  await client.end();
  return { ids: rows.map((row) => row.id), typeId };
}

const later: string[] = [];

/** Many rows are written faster before their indexes. Those over documents are left out: lists by variants do not ask them. */
async function dropIndexes(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexname as name, i.indexdef as definition from pg_indexes i
     where i.schemaname = 'cms' and i.tablename in ('entries', 'entry_variants') and i.indexname not like '%_pkey'`,
  );
  for (const { name, definition } of rows) {
    await client.query(`drop index ${name}`);
    if (!name.endsWith('_value')) later.push(definition);
  }
}

/** Waits until the service has written the variants. */
export async function filled(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=cms,public' });
  await client.connect();
  while (((await client.query('select from variant_fills')).rowCount ?? 0) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await client.query(`set maintenance_work_mem = '256MB'`);
  for (const definition of later) await client.query(definition);
  await client.query('vacuum analyze entry_variants');
  await client.query('vacuum analyze entries');
  const { rows } = await client.query<{ table_mb: string; index_mb: string }>(
    `select round(pg_table_size('entry_variants') / 1e6) as table_mb, round(pg_indexes_size('entry_variants') / 1e6) as index_mb`,
  );
  process.stdout.write(`entry_variants: ${rows[0]?.table_mb} MB, its indexes: ${rows[0]?.index_mb} MB\n`);
  await client.end();
}
