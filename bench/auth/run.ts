/**
 * Logins against the raw rate of their hash, other routes meanwhile, and refreshes against oidc-provider's. The raw hashes are made by the same
 * process when it is asked for nothing else, as many at a time as logins may make. `BENCH_ONE_CORE=1` gives the service one
 * core for everything. Raw hashes and logins take turns, so that what else the machine does meets both.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { watchStolenTime } from '../stolen-time.ts';
import { divideCores } from './cores.ts';
import { bytesPerFamily } from './family-memory.ts';
import { startOidcProvider } from './oidc-provider.ts';
import { startService } from './service.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 3);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const warmUpSeconds = Number(process.env.BENCH_WARM_UP_SECONDS ?? 20);
const CONNECTIONS = 32;
/** Logins at a time: enough that one always waits for its hash. */
const LOGINS_A_HASH = 4;
/** Rare enough to be no load of their own. */
const PROBE_EVERY_MS = 100;

const cores = divideCores(process.env.BENCH_ONE_CORE === '1');
await using service = await startService(cores, CONNECTIONS);
using peer = await startOidcProvider(service.redis.url);
const write = (line: string) => process.stdout.write(`${line}\n`);

interface Measured {
  /** A second. */
  readonly rate: number;
  /** Milliseconds of the service's processor time, each. */
  readonly cpuMs: number;
}

/** Does the work again and again, so many at a time. */
async function measure(
  parallel: number,
  work: (worker: number) => Promise<unknown>,
  during = seconds,
  measured: { cpuSeconds(): Promise<number> } = service,
): Promise<Measured> {
  const before = await measured.cpuSeconds();
  const startedAt = performance.now();
  let done = 0;
  const worker = async (index: number) => {
    while (performance.now() - startedAt < during * 1_000) {
      await work(index);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, index) => worker(index)));
  const elapsed = (performance.now() - startedAt) / 1_000;
  return { rate: done / elapsed, cpuMs: (((await measured.cpuSeconds()) - before) * 1_000) / done };
}

async function measureRaw(): Promise<Measured> {
  const before = await service.cpuSeconds();
  const startedAt = performance.now();
  const rate = await service.rawHashes(seconds);
  const done = (rate * (performance.now() - startedAt)) / 1_000;
  return { rate, cpuMs: (((await service.cpuSeconds()) - before) * 1_000) / done };
}

/** Milliseconds of other routes, asked for at a steady pace until the work is done. */
async function latenciesDuring(work: Promise<unknown>, accessToken: string): Promise<readonly number[]> {
  const latencies: number[] = [];
  let running = true;
  const done = work.finally(() => {
    running = false;
  });
  const dispatcher = new Agent({ connections: 4 });
  while (running) {
    for (const path of ['/.well-known/jwks.json', '/auth/me']) {
      const at = performance.now();
      const headers = { authorization: `Bearer ${accessToken}` };
      const answer = await request(`${service.base}${path}`, { headers, dispatcher });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`);
      latencies.push(performance.now() - at);
    }
    await sleep(PROBE_EVERY_MS);
  }
  await dispatcher.close();
  await done;
  return latencies;
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const { access_token: accessToken = '' } = await service.login();
const tokens: string[] = [];
for (let index = 0; index < CONNECTIONS; index += 1) tokens.push((await service.login()).refresh_token ?? '');
const refresh = async (worker: number) => {
  tokens[worker] = (await service.post('/auth/refresh', { refresh_token: tokens[worker] })).refresh_token ?? '';
};
const peersTokens = await peer.mint(CONNECTIONS);
const dispatcher = new Agent({ connections: CONNECTIONS });
const refreshPeer = async (worker: number) => {
  peersTokens[worker] = await peer.refresh(peersTokens[worker] ?? '', dispatcher);
};
/** Code that has hardly run yet is slow: what is measured is a service that has been up for a moment. */
await measure(CONNECTIONS, refresh);
await measure(CONNECTIONS, refreshPeer, seconds, peer);
await measure(cores.hashes * LOGINS_A_HASH, service.login, warmUpSeconds);

const stolen = watchStolenTime();
const raw: Measured[] = [];
const logins: Measured[] = [];
const latencies: number[] = [];
const refreshes: Measured[] = [];
const peersRefreshes: Measured[] = [];
const signatures: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  raw.push(await measureRaw());
  const loggingIn = measure(cores.hashes * LOGINS_A_HASH, service.login);
  latencies.push(...(await latenciesDuring(loggingIn, accessToken)));
  logins.push(await loggingIn);
  signatures.push(await service.signatureCpuMs());
  refreshes.push(await measure(CONNECTIONS, refresh));
  peersRefreshes.push(await measure(CONNECTIONS, refreshPeer, seconds, peer));
}
await dispatcher.close();
const bytes = await bytesPerFamily(service.redis);

const ratio = median(logins.map(({ rate }, round) => rate / (raw[round]?.rate ?? Number.NaN)));
const cpuRatio = median(logins.map(({ cpuMs }, round) => (raw[round]?.cpuMs ?? Number.NaN) / cpuMs));
const p99 = latencies.sort((one, other) => one - other)[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
const perCore = 1_000 / median(refreshes.map(({ cpuMs }) => cpuMs));
const ofPeer = median(refreshes.map(({ rate }, round) => rate / (peersRefreshes[round]?.rate ?? Number.NaN)));
const cpuOfPeer = median(refreshes.map(({ cpuMs }, round) => (peersRefreshes[round]?.cpuMs ?? Number.NaN) / cpuMs));
const show = (measured: readonly Measured[]) =>
  `${median(measured.map(({ rate }) => rate)).toFixed(1)} /s, ` +
  `${median(measured.map(({ cpuMs }) => cpuMs)).toFixed(3)} ms of the service's processor time each`;
write(`${cores.described}; ${rounds} rounds of ${seconds} s, medians`);
write(`raw argon2id verify      ${show(raw)}`);
write(`logins over HTTP         ${show(logins)}`);
write(`  of the raw rate        ${ratio.toFixed(3)} by the clock, ${cpuRatio.toFixed(3)} by processor time`);
write(`other routes meanwhile   p99 ${p99.toFixed(1)} ms`);
write(`refreshes over HTTP      ${show(refreshes)}: ${perCore.toFixed(0)} a core`);
write(`oidc-provider's          ${show(peersRefreshes)}`);
write(`  ours of its rate       ${ofPeer.toFixed(2)} by the clock, ${cpuOfPeer.toFixed(2)} by processor time`);
write(`  a signature alone      ${median(signatures).toFixed(3)} ms`);
write(`Redis                    ${bytes.toFixed(0)} bytes a family`);
write(`the machine's host took  ${stolen()} of the processors' time`);
const targets: readonly (readonly [string, boolean])[] = [
  ['logins at 0.90 of the raw rate', ratio >= 0.9],
  ['other routes p99 under 50 ms', p99 < 50],
  ["refreshes at 1.2 of oidc-provider's rate", ofPeer >= 1.2],
];
for (const [name, reached] of targets) {
  write(`${reached ? 'reached' : 'MISSED '}  ${name}`);
  if (!reached) process.exitCode = 1;
}
