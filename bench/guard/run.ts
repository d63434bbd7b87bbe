import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '@gaia/testing/issuer';
import { type ContestantName, contestants, type Trust } from './contestants.ts';
import { drive } from './load.ts';

const LIVE_TOKENS = 100;
const CONNECTIONS = 32;
const PIPELINING = 8;
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 2);

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
const servers = new Map<ContestantName, Server>();
for (const name of names) servers.set(name, await start(name, trust));
for (const server of servers.values()) await measure(server, tokens, Math.min(1, seconds));
// The contestants take turns, each round another one first, so that a slow moment of the machine is nobody's alone.
for (let round = 0; round < rounds; round += 1) {
  const inTurn = [...servers.entries()];
  inTurn.push(...inTurn.splice(0, round % inTurn.length));
  for (const [name, server] of inTurn) samples.get(name)?.push(await measure(server, tokens, seconds));
}
for (const { child } of servers.values()) child.kill();
await jwks.close();

const of = (name: ContestantName, value: keyof Sample) =>
  median((samples.get(name) ?? []).map((sample) => sample[value]));
const ratio = (name: ContestantName) =>
  median(
    (samples.get(name) ?? []).map(
      (sample, round) => sample.perCpuSecond / (samples.get('fastify, bare')?.[round]?.perCpuSecond ?? Number.NaN),
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

const targets: readonly (readonly [ContestantName, number])[] = [
  ['gaia guard, live tokens', 0.8],
  ['gaia guard, first sight', 0.18],
];
process.stdout.write('\n');
for (const [name, target] of targets) {
  const reached = ratio(name);
  process.stdout.write(
    `${reached >= target ? 'reached' : 'MISSED '}  ${name}: ${reached.toFixed(3)}, wanted ${target}\n`,
  );
  if (reached < target) process.exitCode = 1;
}
