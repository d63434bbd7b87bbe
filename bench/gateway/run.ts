import { watchStolenTime } from '../stolen-time.ts';
import { type Contestant, openGateway, openHttpProxy, openNginx, openService, openUpstream } from './contestants.ts';
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
const service = await openService(upstream.port);
const behind = { service: service.port, upstream: upstream.port };
const [gateway, httpProxy, nginx] = await Promise.all([
  openGateway(behind, process.env.PROFILE ? { PROFILE: process.env.PROFILE } : {}),
  openHttpProxy(behind),
  openNginx(behind),
]);
const cookie = await signIn(gateway.port);
const BEARER = `Authorization: Bearer ${await accessToken(upstream.port)}`;

type Row = readonly [string, Contestant, string];
const through: readonly Row[] = [
  ['gateway, bearer', gateway, BEARER],
  ['gateway, session', gateway, `Cookie: ${cookie}`],
  ['@fastify/http-proxy', httpProxy, BEARER],
  ...(nginx === undefined ? [] : ([['nginx', nginx, BEARER]] as Row[])),
];
interface Table {
  readonly name: string;
  readonly path: string;
  /** Least ratio of the gateway. */
  readonly target?: number;
  readonly rows: readonly Row[];
}
/** Only the gateway knows sessions: the others, and the services, are asked with the token. */
const tables: readonly Table[] = [
  {
    name: 'a service of Gaia of the least kind: it verifies the token and answers',
    path: '/cms/x',
    target: 0.3,
    rows: [['direct', service, BEARER], ...through],
  },
  {
    name: 'a bare node:http server, which verifies nothing',
    path: '/search',
    rows: [['direct', upstream, BEARER], ...through],
  },
];

type Round = Measured & { readonly cpu: number };
try {
  for (const { name, path, target, rows } of tables) {
    process.stdout.write(`${name}\n`);
    const stolen = watchStolenTime();
    const results = await measure(path, rows);
    const direct = results.get('direct') ?? [];
    for (const [row, all] of results) {
      const ratio = median(all.map(({ rate }, round) => rate / (direct[round]?.rate ?? 1)));
      const line = [row.padEnd(22), `${Math.round(median(all.map(({ rate }) => rate)))} req/s`.padStart(14)];
      line.push(`ratio ${ratio.toFixed(2)}`, `p50 ${median(all.map(({ p50 }) => p50)).toFixed(1)} ms`);
      line.push(`p99 ${median(all.map(({ p99 }) => p99)).toFixed(1)} ms`);
      line.push(`${median(all.map(({ cpu }) => cpu)).toFixed(0)} µs CPU`);
      if (target !== undefined && row.startsWith('gateway')) {
        line.push(`${ratio >= target ? 'reached' : 'MISSED '} ${target.toFixed(2)}`);
        if (ratio < target) process.exitCode = 1;
      }
      process.stdout.write(`  ${line.join('   ')}\n`);
    }
    process.stdout.write(`  the machine's host took ${stolen()} of the processors' time\n`);
  }
} finally {
  for (const contestant of [gateway, httpProxy, nginx, service, upstream]) contestant?.process.kill('SIGTERM');
}

async function measure(path: string, rows: readonly Row[]): Promise<ReadonlyMap<string, readonly Round[]>> {
  const results = new Map<string, Round[]>(rows.map(([name]) => [name, []]));
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const [name, contestant, header] of rows) {
      const { port } = contestant;
      const seconds = round < 0 ? WARM_UP_SECONDS : SECONDS;
      const before = cpuMicrosecondsOf(contestant.process);
      const measured = await drive({ port, path, headers: [header], connections: CONNECTIONS, seconds });
      const cpu = (cpuMicrosecondsOf(contestant.process) - before) / measured.count;
      if (round >= 0) results.get(name)?.push({ ...measured, cpu });
    }
  }
  return results;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
