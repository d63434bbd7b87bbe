import { randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { lists } from './lists.ts';
import { SITE } from './seed.ts';

const columns = `e.site, e.id, t.name as type, e.visibility, e.author, e.published as fields, e.reader_version as version,
  e.created_at, e.reader_updated_at as updated_at, e.published_at`;
const classes = `any('{1,2}'::integer[] || array(
  select c.id from access_classes c where c.site = $1 and case c.kind
    when 'roles' then c.names && '{member}'::text[]
    when 'products' then c.names && array(
      select n.product from entitlements n where n.site = $1 and n.subject = 'u-bench' and n.held)
    else false end))`;
const visible = `e.published is not null and e.access_class = ${classes}`;
const visibleVariants = `v.access_class = ${classes}`;
const from = 'from entries e join content_types t on t.site = e.site and t.id = e.type_id';

/**
 * What there is to reach: the same SQL by hand on prepared statements, in routes that do nothing else. No token is
 * looked at, nothing is validated, no schema writes the answer.
 */
export async function startFloor(url: string, typeId: string, connections: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, options: '-c search_path=cms', max: connections });
  const app = Fastify();
  app.get<{ Params: { site: string; id: string } }>('/cms/sites/:site/entries/:id', async ({ params }) => {
    const text = `select ${columns} ${from} where e.site = $1 and e.id = $2 and ${visible}`;
    return (await pool.query({ name: 'one', text, values: [params.site, params.id] })).rows[0];
  });
  app.get<{ Params: { site: string } }>('/cms/sites/:site/entries', async ({ params }) => {
    const text = `select ${columns} from (
        select entry_id, published_at from entry_variants v where list = 3 and n1 >= 50 and ${visibleVariants}
        order by published_at desc, entry_id desc limit 21) p
      join entries e on e.site = $1 and e.id = p.entry_id join content_types t on t.site = e.site and t.id = e.type_id
      order by p.published_at desc, e.id desc`;
    return { items: (await pool.query({ name: 'list', text, values: [params.site] })).rows };
  });
  app.get<{ Params: { list: string } }>('/lists/:list', async ({ params }) => {
    const { filter, order } = lists[Number(params.list)] as (typeof lists)[number];
    const text = `select ${columns} from (
        select entry_id, ${order.replace(' desc', '')} as k from entry_variants v where list = 3 and access_class = 1 and ${filter}
        order by ${order}, entry_id${order.endsWith(' desc') ? ' desc' : ''} limit 21) p
      join entries e on e.site = $1 and e.id = p.entry_id join content_types t on t.site = e.site and t.id = e.type_id
      order by p.k${order.endsWith(' desc') ? ' desc' : ''}`;
    return { items: (await pool.query({ name: `list ${params.list}`, text, values: [SITE] })).rows };
  });
  app.post<{ Params: { site: string }; Body: { fields: { title: string; body: string } } }>(
    '/cms/sites/:site/entries',
    async ({ body }, reply) => {
      const client = await pool.connect();
      const document = { ftitle: body.fields.title, fbody: body.fields.body };
      const hex = randomBytes(16).toString('hex');
      const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
      const draft = JSON.stringify(document);
      await client.query('begin');
      await client.query({
        name: 'type',
        text: `select * from content_types where site = $1 and name = 'article' for key share`,
        values: [SITE],
      });
      await client.query({
        name: 'insert',
        text: `insert into entries (site, id, type_id, author, visibility, access_class, version, draft, changed,
            field_versions, bytes, created_at, updated_at)
          values ($1, $2, $3, 'u-bench', 'public', 1, 1, $4, false, '{}', $5, now(), now())`,
        values: [SITE, id, typeId, draft, draft.length],
      });
      const { rows } = await client.query({
        name: 'event',
        text: `insert into feed_events (seq, n, site, kind, subject_id, at)
          select base + pg_current_xact_id()::text::bigint, 0, $1, 'entry', $2, now() from feed_state
          returning seq::text as seq`,
        values: [SITE, id],
      });
      await client.query('commit');
      client.release();
      return reply.code(201).send({ id, fields: body.fields, seq: rows[0]?.seq });
    },
  );
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
}
