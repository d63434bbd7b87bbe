import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Fault, Part } from './cluster.ts';
import { type Load, type Sample, startLoad } from './load.ts';
import { lostWrites, openSessions, probesOf } from './probes.ts';

/** What each part's loss may take with it; everything else has to go on without one failure. */
const mayFail: Readonly<Record<Part, readonly string[]>> = {
  auth: ['log in'],
  cms: ['verify in cms', 'read', 'write', 'revoked token'],
  assets: ['verify in assets', 'files'],
  search: ['verify in search', 'search'],
  redis: ['log in'],
  postgres: ['read', 'write', 'search', 'files', 'log in'],
  gateway: [
    'verify in cms',
    'verify in assets',
    'verify in search',
    'read',
    'search',
    'files',
    'write',
    'log in',
    'revoked token',
  ],
};

export interface Row {
  readonly part: Part;
  readonly fault: Fault;
  /** Requests that had to succeed during the fault, and those of them that did not. */
  readonly mustWork: { readonly total: number; readonly failed: readonly Sample[] };
  /** Requests that could not succeed; those that were not refused properly: 503 with Retry-After within 2 s. */
  readonly mayFail: { readonly total: number; readonly improper: readonly Sample[]; readonly slowestMs: number };
  readonly written: number;
  readonly lost: number;
  readonly revived: number;
  /** From the end of the fault until every kind of request works again; undefined if it never did. */
  readonly recoveredAfterMs: number | undefined;
}

export interface Durations {
  readonly beforeMs: number;
  readonly faultMs: number;
  readonly recoveryMs: number;
}

/** Longest proper refusal, in milliseconds. */
const REFUSAL_MS = 2_000;

/** Breaks one part under load and mends it again. */
export async function runRound(cluster: Cluster, part: Part, fault: Fault, durations: Durations): Promise<Row> {
  const tokens = await openSessions(cluster);
  const written: string[] = [];
  const load = startLoad(probesOf(cluster, tokens, written));
  await sleep(durations.beforeMs);
  const brokenAt = Date.now();
  await cluster.break(part, fault);
  await sleep(durations.faultMs);
  const mendedAt = Date.now();
  await cluster.mend(part, fault);
  const recoveredAfterMs = await recovery(load, Date.now(), durations.recoveryMs);
  await load.stop();
  const during = load.samples.filter((sample) => sample.at >= brokenAt && sample.at < mendedAt);
  const fragile = new Set(mayFail[part]);
  const ordinary = during.filter((sample) => sample.kind !== 'revoked token');
  const must = ordinary.filter((sample) => !fragile.has(sample.kind));
  const may = ordinary.filter((sample) => fragile.has(sample.kind));
  return {
    part,
    fault,
    mustWork: { total: must.length, failed: must.filter((sample) => !works(sample)) },
    mayFail: {
      total: may.length,
      // Without its only door the suite cannot answer at all.
      improper: part === 'gateway' ? [] : may.filter((sample) => !works(sample) && !isProperRefusal(sample)),
      slowestMs: Math.max(0, ...may.map((sample) => sample.ms)),
    },
    written: written.length,
    lost: (await lostWrites(cluster, tokens, written)).length,
    revived: load.samples.filter((sample) => sample.kind === 'revoked token' && works(sample)).length,
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

/** Waits until each kind of request has been answered well three times in a row since `mendedAt`. */
async function recovery(load: Load, mendedAt: number, withinMs: number): Promise<number | undefined> {
  const kinds = [...new Set(load.samples.map((sample) => sample.kind))].filter((kind) => kind !== 'revoked token');
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

function works(sample: Sample): boolean {
  return sample.status >= 200 && sample.status < 300;
}

function isProperRefusal(sample: Sample): boolean {
  return sample.status === 503 && sample.retryAfter && sample.ms <= REFUSAL_MS;
}
