import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';

const [port, service = '', upstream = ''] = process.argv.slice(2);
const app = Fastify();
for (const [prefix, target] of [
  ['/cms', service],
  ['/search', upstream],
] as const) {
  await app.register(proxy, { upstream: `http://127.0.0.1:${target}`, prefix, rewritePrefix: prefix });
}
await app.listen({ host: '127.0.0.1', port: Number(port) });
