import { CLOCK_SKEW_SECONDS, tokenPurposes } from '@gaia/tokens/purposes';
import type { KeyState } from '../database.ts';
import { MAX_ACCESS_TOKEN_SECONDS } from '../revocation/revoker.ts';

/** A stored key as its life is decided by. Times in milliseconds. */
export interface LivingKey {
  readonly kid: string;
  readonly state: KeyState;
  readonly stateSince: number;
  /** When an operator wants a `next` key to sign; undefined: when the schedule says. */
  readonly dueAt: number | undefined;
}

export interface KeySchedule {
  /** A key signs for so long; undefined: until a rotation by command. */
  readonly rotationMs: number | undefined;
  /** A `next` key is published for so long before it signs: longer than any verifier uses a set without asking again. */
  readonly publishMs: number;
}

/** What is to be done with the keys now. */
export interface KeyPlan {
  /** Retired keys whose last token has expired. */
  readonly remove: readonly string[];
  /** The `next` key that is to sign. */
  readonly activate: string | undefined;
  readonly create: boolean;
}

/**
 * So many keys are published at most, however many rotations there are: verifiers refuse endless sets, ours from 65 keys, and
 * would go on with the keys that they know, which do not sign any more.
 */
const MAX_PUBLISHED_KEYS = 32;

/** Whether one more key can be published. */
export function hasRoomForKey(keys: readonly unknown[]): boolean {
  return keys.length < MAX_PUBLISHED_KEYS;
}

/** A replica that has not heard of a rotation yet may go on signing with the key before for a moment. */
const REPLICA_DELAY_SECONDS = 300;

/** `retiring` keys stay published for so long: the longest life of all that they have signed. */
export const RETIRING_MS =
  1_000 *
  (Math.max(
    MAX_ACCESS_TOKEN_SECONDS,
    ...Object.values(tokenPurposes)
      .filter((purpose) => purpose.signer === 'auth' && purpose.algorithms[0] === 'RS256')
      .map((purpose) => purpose.lifetimeSeconds),
  ) +
    CLOCK_SKEW_SECONDS +
    REPLICA_DELAY_SECONDS);

/** Pure: the same keys at the same time give the same plan in every replica. */
export function planKeys(keys: readonly LivingKey[], schedule: KeySchedule, now: number): KeyPlan {
  const next = keys.find((key) => key.state === 'next');
  const active = keys.find((key) => key.state === 'active');
  const scheduled =
    active === undefined || schedule.rotationMs === undefined ? undefined : active.stateSince + schedule.rotationMs;
  return {
    remove: keys.filter((key) => key.state === 'retiring' && now >= key.stateSince + RETIRING_MS).map((key) => key.kid),
    activate: next !== undefined && now >= activationTime(next, scheduled, schedule) ? next.kid : undefined,
    create: next === undefined && schedule.rotationMs !== undefined && hasRoomForKey(keys),
  };
}

/** When the `next` key begins to sign: when it is wanted to, and never before it was published for long enough. */
function activationTime(next: LivingKey, scheduled: number | undefined, { publishMs }: KeySchedule): number {
  const wanted = Math.min(next.dueAt ?? Number.POSITIVE_INFINITY, scheduled ?? Number.POSITIVE_INFINITY);
  return Math.max(wanted, next.stateSince + publishMs);
}
