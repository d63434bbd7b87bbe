import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Fault, Part } from './cluster.ts';
import { type Load, type Sample, startLoad } from './load.ts';
import { type Acknowledged, type Kind, lookBack, openSessions, probesOf } from './probes.ts';

/** What each part's loss may take with it; everything else has to go on without one failure. */
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
  /** Whether the machine was too busy with other things for the round to say anything when it goes wrong. */
  readonly isBusy: boolean;
  /** Requests that had to succeed from the fault to the recovery, and those of them that did not. */
  readonly mustWork: { readonly total: number; readonly failed: readonly Sample[] };
  /** Requests that could not succeed; those that were not refused properly: 503 with Retry-After within 2 s. */
  readonly mayFail: { readonly total: number; readonly improper: readonly Sample[]; readonly slowestMs: number };
  readonly acknowledged: number;
  readonly lost: number;
  readonly revoked: number;
  /** Revoked tokens that were taken, during the round or after it. */
  readonly revived: number;
  /** From the end of the fault until every kind of request works again; undefined if it never did. */
  readonly recoveredAfterMs: number | undefined;
}

export interface Durations {
  /** Under load before the fault; longer, up to `calmMs`, until the cluster answers swiftly. */
  readonly beforeMs: number;
  readonly calmMs: number;
  readonly faultMs: number;
  readonly recoveryMs: number;
}

/** Longest proper refusal, in milliseconds. */
const REFUSAL_MS = 2_000;

/** Breaks parts at the same time, under load, and mends them again. */
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
  const brokenAt = Date.now();
  await cluster.break(parts, fault);
  await sleep(durations.faultMs);
  await cluster.mend(parts, fault);
  const mendedAt = Date.now();
  const recoveredAfterMs = await recovery(load, mendedAt, durations.recoveryMs);
  await load.stop();
  const fragile = new Set<string>(parts.flatMap((part) => mayFail[part]));
  // What was under way when the part broke counts too.
  const touched = load.samples.filter((sample) => sample.at + sample.ms >= brokenAt && sample.kind !== 'revoked token');
  const must = touched.filter((sample) => !fragile.has(sample.kind));
  const may = touched.filter((sample) => fragile.has(sample.kind));
  const { lost, revived } = await lookBack(cluster, sessions, acknowledged);
  return {
    parts,
    fault,
    isBusy: !isCalm || loadOfCore() > BUSY_LOAD,
    mustWork: { total: must.length, failed: must.filter((sample) => !works(sample)) },
    mayFail: {
      total: may.length,
      // Without its only door the suite cannot answer at all.
      improper: parts.includes('gateway') ? [] : may.filter((sample) => !works(sample) && !isProperRefusal(sample)),
      slowestMs: Math.max(0, ...may.map((sample) => sample.ms)),
    },
    acknowledged: acknowledged.entries.length + acknowledged.files.length,
    lost,
    revoked: sessions.revoked.length,
    revived: revived + load.samples.filter((sample) => sample.kind === 'revoked token' && works(sample)).length,
    recoveredAfterMs,
  };
}

export function isGood(row: Row): boolean {
  return (
    row.mustWork.failed.length === 0 &&
    row.mayFail.improper.length === 0 &&
    row.lost === 0 &&
    row.revived === 0 &&
    row.recoveredAfterMs !== undefined
  );
}

/** Processes that want to run, of each core; the cluster under the suite's load stays well below. */
const BUSY_LOAD = 3;

function loadOfCore(): number {
  return (loadavg()[0] ?? 0) / availableParallelism();
}

/** What is slow before the fault says nothing about the fault: nine of ten requests within this time, in milliseconds. */
const SWIFT_MS = 250;

/** Waits until the unbroken cluster answers well and swiftly; false if it does not within the time. */
async function calm(load: Load, { beforeMs, calmMs }: Durations): Promise<boolean> {
  const until = Date.now() + calmMs;
  do {
    await sleep(beforeMs);
    const from = Date.now() - beforeMs;
    const recent = load.samples.filter((sample) => sample.at >= from && sample.kind !== 'revoked token');
    const swift = recent.filter((sample) => works(sample) && sample.ms <= SWIFT_MS);
    if (recent.length > 0 && swift.length >= recent.length * 0.9) return true;
  } while (Date.now() < until);
  return false;
}

/** Waits until each kind of request has been answered well three times in a row since `mendedAt`. */
async function recovery(load: Load, mendedAt: number, withinMs: number): Promise<number | undefined> {
  const kinds = [...new Set(load.samples.map((sample) => sample.kind))].filter(
    (kind) => kind !== 'revoked token' && kind !== 'log out',
  );
  while (Date.now() < mendedAt + withinMs) {
    await sleep(100);
    const last = kinds.map((kind) =>
      load.samples.filter((sample) => sample.kind === kind && sample.at >= mendedAt).slice(-3),
    );
    if (last.every((samples) => samples.length === 3 && samples.every(works))) {
      const firsts = last.map((samples) => Math.min(...samples.map((sample) => sample.at)));
      return Math.max(...firsts) - mendedAt;
    }
  }
  return undefined;
}

export function works(sample: Sample): boolean {
  return sample.status >= 200 && sample.status < 300;
}

function isProperRefusal(sample: Sample): boolean {
  return sample.status === 503 && sample.retryAfter && sample.ms <= REFUSAL_MS;
}
