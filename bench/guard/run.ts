import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@gaia/testing/issuer';
import { type ContestantName, contestants, type Trust } from './contestants.ts';
import { drive } from './load.ts';

const LIVE_TOKENS = 100;
const CONNECTIONS = 32;
const PIPELINING = 8;
const WARM_UP_SECONDS = 4;
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);

interface Sample {
  /** Answers in a second of the server's processor time: what other work on the machine does not change. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(name: ContestantName, trust: Trust): Promise<Server> {
  const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)));
  child.send({ start: name, trust });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [answer] = (await once(child, 'message')) as [{ cpuSeconds: number }];
  return answer.cpuSeconds;
}

async function measure({ child, port }: Server, tokens: readonly string[], duration: number): Promise<Sample> {
  const before = await cpuSeconds(child);
  const startedAt = performance.now();
  const answers = await drive({ port, tokens, connections: CONNECTIONS, pipelining: PIPELINING, seconds: duration });
  const elapsed = (performance.now() - startedAt) / 1_000;
  return { perCpuSecond: answers / ((await cpuSeconds(child)) - before), perSecond: answers / elapsed };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const issuer = await createTestIssuer();
const jwks = await issuer.listen();
const trust: Trust = {
  issuer: issuer.issuer,
  audience: 'gaia',
  jwksUrl: jwks.url,
  publicJwk: { ...issuer.key.publicJwk },
};
const tokens = Array.from({ length: LIVE_TOKENS }, () => issuer.tokenFor({ role: 'editor', expiresIn: 3_600 }));

const names = Object.keys(contestants) as ContestantName[];
const samples = new Map<ContestantName, Sample[]>(names.map((name) => [name, []]));
// In each round every contestant runs alone, in a new process that is warm when it counts: an idle one cools down.
for (let round = 0; round < rounds; round += 1) {
  for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
    const server = await start(name, trust);
    await measure(server, tokens, WARM_UP_SECONDS);
    samples.get(name)?.push(await measure(server, tokens, seconds));
    server.child.kill();
    await once(server.child, 'exit');
  }
}
await jwks.close();

const of = (name: ContestantName, value: keyof Sample) =>
  median((samples.get(name) ?? []).map((sample) => sample[value]));
const ratio = (name: ContestantName, baseline: ContestantName = 'fastify, bare') =>
  median(
    (samples.get(name) ?? []).map(
      (sample, round) => sample.perCpuSecond / (samples.get(baseline)?.[round]?.perCpuSecond ?? Number.NaN),
    ),
  );

process.stdout.write(
  `${LIVE_TOKENS} live tokens of ${tokens[0]?.length} bytes, ${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s, medians\n\n`,
);
process.stdout.write('of bare fastify   requests / CPU second   requests / second\n');
for (const name of names) {
  const cells = [
    ratio(name).toFixed(2).padStart(15),
    of(name, 'perCpuSecond').toFixed(0).padStart(24),
    of(name, 'perSecond').toFixed(0).padStart(20),
  ];
  process.stdout.write(`${cells.join('')}   ${name}\n`);
}

const targets: readonly (readonly [ContestantName, ContestantName, number])[] = [
  ['gaia guard, live tokens', 'fastify, bare', 0.8],
  ['gaia guard, first sight', 'jose, local key', 0.9],
];
process.stdout.write('\n');
for (const [name, baseline, target] of targets) {
  const reached = ratio(name, baseline);
  process.stdout.write(
    `${reached >= target ? 'reached' : 'MISSED '}  ${name}: ${reached.toFixed(3)} of ${baseline}, wanted ${target}\n`,
  );
  if (reached < target) process.exitCode = 1;
}
