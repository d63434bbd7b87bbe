import { createClient } from '@gaia/client';
import Fastify from 'fastify';

const { GAIA_URL = 'http://localhost:8080', PORT = '3000' } = process.env;
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const html = (text: unknown) => String(text).replace(/[&<>"]/g, (character) => escapes[character] ?? '');

const app = Fastify();
app.get('/', async (_request, reply) => {
  // One client for each request: requests of different readers must never share a session.
  const gaia = createClient({ url: GAIA_URL, site: 'site-a.localhost' });
  const { items } = await gaia.entries('article').list({ status: 'published', sort: '-published_at', limit: 10 });
  const list = items.map(({ fields }) => `<li>${html(fields.title)}</li>`).join('');
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'")
    .send(`<!doctype html><html lang="en"><title>Articles</title><h1>Articles</h1><ul>${list}</ul></html>`);
});
console.log(await app.listen({ port: Number(PORT), host: '127.0.0.1' }));
