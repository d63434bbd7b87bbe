import type { CheckResult } from '@gaia/http-service/health';
import type { FollowerStatus } from './follower.ts';
import type { Progress } from './progress.ts';

/** One long poll and some margin: a follower that reached the end this recently is not behind. */
const GRACE_SECONDS = 30;

/**
 * How far the service may be behind, in seconds: 0 while the feed is being waited on at its end, else the time since its
 * end was last reached; null if it never was.
 */
export function lagSeconds(progress: Progress, failure: string | undefined, now: number): number | null {
  if (progress.caughtUpAt === undefined) return null;
  const age = Math.max(0, (now - progress.caughtUpAt) / 1_000);
  const atEnd = failure === undefined && !progress.rebuilding && progress.headSeq <= progress.appliedSeq;
  return atEnd && age <= GRACE_SECONDS ? 0 : Math.round(age * 10) / 10;
}

/** As a part of `/ready`: to be behind is better than to be away, so it degrades and never takes the service down. */
export function feedHealth(progress: Progress, { role, failure }: FollowerStatus, now: number): CheckResult {
  const lag = lagSeconds(progress, failure, now);
  return {
    status: lag === 0 && failure === undefined ? 'ok' : 'degraded',
    detail: {
      lag_seconds: lag,
      applied_seq: progress.appliedSeq.toString(),
      role,
      ...(progress.rebuilding && { rebuilding: true }),
      ...(failure !== undefined && { cause: failure }),
    },
  };
}
