import { openGateway, openHttpProxy, openNginx, openUpstream } from './contestants.ts';
import { drive, type Measured } from './load.ts';
import { signIn } from './sign-in.ts';

/**
 * Through the gateway against the direct call, with nginx and @fastify/http-proxy in the same run. Rounds take turns and
 * the median of each contestant's ratios counts: the machine's mood then touches all of them alike.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 2);
const CONNECTIONS = 32;
const BEARER = `Authorization: Bearer ${'x'.repeat(600)}`;

const upstream = await openUpstream();
const [gateway, httpProxy, nginx] = await Promise.all([
  openGateway(upstream.port, process.env.PROFILE ? { PROFILE: process.env.PROFILE } : {}),
  openHttpProxy(upstream.port),
  openNginx(upstream.port),
]);
const cookie = await signIn(gateway.port);

const contestants: readonly [string, number, readonly string[]][] = [
  ['direct', upstream.port, [BEARER]],
  ['gateway, bearer', gateway.port, [BEARER]],
  ['gateway, session', gateway.port, [`Cookie: ${cookie}`]],
  ['@fastify/http-proxy', httpProxy.port, [BEARER]],
  ...(nginx === undefined ? [] : ([['nginx', nginx.port, [BEARER]]] as [string, number, readonly string[]][])),
];

const results = new Map<string, Measured[]>(contestants.map(([name]) => [name, []]));
try {
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, port, headers] of contestants) {
      const load = { port, path: '/cms/x', headers, connections: CONNECTIONS, seconds: round < 0 ? 1 : SECONDS };
      const measured = await drive(load);
      if (round >= 0) results.get(name)?.push(measured);
    }
  }
  const direct = results.get('direct') ?? [];
  for (const [name, all] of results) {
    const ratios = all.map(({ rate }, round) => rate / (direct[round]?.rate ?? 1));
    const line = [name.padEnd(22), `${Math.round(median(all.map(({ rate }) => rate)))} req/s`.padStart(14)];
    line.push(`ratio ${median(ratios).toFixed(2)}`, `p50 ${median(all.map(({ p50 }) => p50)).toFixed(1)} ms`);
    line.push(`p99 ${median(all.map(({ p99 }) => p99)).toFixed(1)} ms`);
    process.stdout.write(`${line.join('   ')}\n`);
  }
} finally {
  for (const contestant of [gateway, httpProxy, nginx, upstream]) contestant?.process.kill('SIGTERM');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
