import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Fault, Part } from './cluster.ts';
import { type Load, type Sample, startLoad } from './load.ts';
import { type Acknowledged, checkAcknowledged, type Kind, openSessions, probesOf } from './probes.ts';

/** The kinds of requests that need a part; all others must succeed without it. */
const mayFail: Readonly<Record<Part, readonly Kind[]>> = {
  auth: ['log in', 'log out'],
  cms: ['verify in cms', 'read', 'write'],
  assets: ['verify in assets', 'list files', 'upload'],
  search: ['verify in search', 'search'],
  redis: ['log in', 'log out'],
  postgres: ['read', 'write', 'search', 'list files', 'upload', 'log in', 'log out'],
  gateway: [
    ...['verify in cms', 'verify in assets', 'verify in search', 'read', 'search', 'list files'],
    ...['write', 'upload', 'log in', 'log out'],
  ] as readonly Kind[],
};

export interface Row {
  readonly parts: readonly Part[];
  readonly fault: Fault;
  /** Whether other load on the machine makes a failure inconclusive. */
  readonly isBusy: boolean;
  /** Requests between fault and recovery that do not need the part. */
  readonly mustWork: { readonly total: number; readonly failed: readonly Sample[] };
  /** Requests that need the part; `improper` are those with neither success nor 503 with Retry-After within 2 s. */
  readonly mayFail: { readonly total: number; readonly improper: readonly Sample[]; readonly slowestMs: number };
  readonly acknowledged: number;
  readonly lost: number;
  readonly revoked: number;
  /** How often a service accepted a revoked token, during the round or after it. */
  readonly acceptedRevoked: number;
  /** From the end of the fault until every kind of request succeeds; undefined without recovery. */
  readonly recoveredAfterMs: number | undefined;
}

export interface Durations {
  /** Load before the fault; up to `calmMs`, until the cluster is fast. */
  readonly beforeMs: number;
  readonly calmMs: number;
  readonly faultMs: number;
  readonly recoveryMs: number;
}

/** Longest time to a 503. */
const REFUSAL_MS = 2_000;

/** Applies a fault to parts under load and takes it away again. */
export async function runRound(
  cluster: Cluster,
  parts: readonly Part[],
  fault: Fault,
  durations: Durations,
): Promise<Row> {
  const sessions = await openSessions(cluster);
  const acknowledged: Acknowledged = { entries: [], files: [] };
  const load = startLoad(probesOf(cluster, sessions, acknowledged));
  const isCalm = await calm(load, durations);
  const injectedAt = Date.now();
  await cluster.inject(parts, fault);
  await sleep(durations.faultMs);
  await cluster.remedy(parts, fault);
  const remediedAt = Date.now();
  const recoveredAfterMs = await recovery(load, remediedAt, durations.recoveryMs);
  await load.stop();
  const fragile = new Set<string>(parts.flatMap((part) => mayFail[part]));
  // Requests in flight at the time of the fault count.
  const touched = load.samples.filter(
    (sample) => sample.at + sample.ms >= injectedAt && sample.kind !== 'revoked token',
  );
  const must = touched.filter((sample) => !fragile.has(sample.kind));
  const may = touched.filter((sample) => fragile.has(sample.kind));
  const { lost, acceptedRevoked } = await checkAcknowledged(cluster, sessions, acknowledged);
  return {
    parts,
    fault,
    isBusy: !isCalm || loadOfCore() > BUSY_LOAD,
    mustWork: { total: must.length, failed: must.filter((sample) => !succeeded(sample)) },
    mayFail: {
      total: may.length,
      // Nothing else can respond for the gateway.
      improper: parts.includes('gateway') ? [] : may.filter((sample) => !succeeded(sample) && !isProperRefusal(sample)),
      slowestMs: Math.max(0, ...may.map((sample) => sample.ms)),
    },
    acknowledged: acknowledged.entries.length + acknowledged.files.length,
    lost,
    revoked: sessions.revoked.length,
    acceptedRevoked:
      acceptedRevoked + load.samples.filter((sample) => sample.kind === 'revoked token' && succeeded(sample)).length,
    recoveredAfterMs,
  };
}

export function isGood(row: Row): boolean {
  return (
    row.mustWork.failed.length === 0 &&
    row.mayFail.improper.length === 0 &&
    row.lost === 0 &&
    row.acceptedRevoked === 0 &&
    row.recoveredAfterMs !== undefined
  );
}

/** Load average per core; the cluster under load stays well below. */
const BUSY_LOAD = 3;

function loadOfCore(): number {
  return (loadavg()[0] ?? 0) / availableParallelism();
}

/** Before the fault, nine of ten requests take at most this time. */
const SWIFT_MS = 250;

/** Waits until the cluster is fast; false on timeout. */
async function calm(load: Load, { beforeMs, calmMs }: Durations): Promise<boolean> {
  const until = Date.now() + calmMs;
  do {
    await sleep(beforeMs);
    const from = Date.now() - beforeMs;
    const recent = load.samples.filter((sample) => sample.at >= from && sample.kind !== 'revoked token');
    const swift = recent.filter((sample) => succeeded(sample) && sample.ms <= SWIFT_MS);
    if (recent.length > 0 && swift.length >= recent.length * 0.9) return true;
  } while (Date.now() < until);
  return false;
}

/** Waits until each kind of request has succeeded three times in a row since `remediedAt`. */
async function recovery(load: Load, remediedAt: number, withinMs: number): Promise<number | undefined> {
  const kinds = [...new Set(load.samples.map((sample) => sample.kind))].filter(
    (kind) => kind !== 'revoked token' && kind !== 'log out',
  );
  while (Date.now() < remediedAt + withinMs) {
    await sleep(100);
    const last = kinds.map((kind) =>
      load.samples.filter((sample) => sample.kind === kind && sample.at >= remediedAt).slice(-3),
    );
    if (last.every((samples) => samples.length === 3 && samples.every(succeeded))) {
      const firsts = last.map((samples) => Math.min(...samples.map((sample) => sample.at)));
      return Math.max(...firsts) - remediedAt;
    }
  }
  return undefined;
}

export function succeeded(sample: Sample): boolean {
  return sample.status >= 200 && sample.status < 300;
}

function isProperRefusal(sample: Sample): boolean {
  return sample.status === 503 && sample.retryAfter && sample.ms <= REFUSAL_MS;
}
