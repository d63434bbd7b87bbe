import { type Contestant, openGateway, openHttpProxy, openNginx, openUpstream } from './contestants.ts';
import { cpuMicrosecondsOf } from './cpu-time.ts';
import { drive, type Measured } from './load.ts';
import { accessToken, signIn } from './sign-in.ts';

/**
 * Through the gateway against the direct call, with nginx and @fastify/http-proxy in the same run. Rounds take turns and
 * the median of each contestant's ratios counts: the machine's mood then touches all of them alike. Beside it, what a
 * request costs the process in question in CPU time, which other work on the machine hardly touches.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 2);
/** Long enough for the compilers of all contestants to be through. */
const WARM_UP_SECONDS = 3;
const CONNECTIONS = 32;

const upstream = await openUpstream();
const [gateway, httpProxy, nginx] = await Promise.all([
  openGateway(upstream.port, process.env.PROFILE ? { PROFILE: process.env.PROFILE } : {}),
  openHttpProxy(upstream.port),
  openNginx(upstream.port),
]);
const cookie = await signIn(gateway.port);
const BEARER = `Authorization: Bearer ${await accessToken(upstream.port)}`;

const contestants: readonly [string, Contestant, string][] = [
  ['direct', upstream, BEARER],
  ['gateway, bearer', gateway, BEARER],
  ['gateway, session', gateway, `Cookie: ${cookie}`],
  ['@fastify/http-proxy', httpProxy, BEARER],
  ...(nginx === undefined ? [] : ([['nginx', nginx, BEARER]] as [string, Contestant, string][])),
];

type Round = Measured & { readonly cpu: number };
const results = new Map<string, Round[]>(contestants.map(([name]) => [name, []]));
try {
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, contestant, header] of contestants) {
      const { port } = contestant;
      const seconds = round < 0 ? WARM_UP_SECONDS : SECONDS;
      const before = cpuMicrosecondsOf(contestant.process);
      const measured = await drive({ port, path: '/cms/x', headers: [header], connections: CONNECTIONS, seconds });
      const cpu = (cpuMicrosecondsOf(contestant.process) - before) / measured.count;
      if (round >= 0) results.get(name)?.push({ ...measured, cpu });
    }
  }
  const direct = results.get('direct') ?? [];
  for (const [name, all] of results) {
    const ratios = all.map(({ rate }, round) => rate / (direct[round]?.rate ?? 1));
    const line = [name.padEnd(22), `${Math.round(median(all.map(({ rate }) => rate)))} req/s`.padStart(14)];
    line.push(`ratio ${median(ratios).toFixed(2)}`, `p50 ${median(all.map(({ p50 }) => p50)).toFixed(1)} ms`);
    line.push(`${median(all.map(({ cpu }) => cpu)).toFixed(0)} µs CPU`);
    line.push(`p99 ${median(all.map(({ p99 }) => p99)).toFixed(1)} ms`);
    process.stdout.write(`${line.join('   ')}\n`);
  }
} finally {
  for (const contestant of [gateway, httpProxy, nginx, upstream]) contestant?.process.kill('SIGTERM');
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
