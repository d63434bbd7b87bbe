import type { Family, RotationRequest } from './state.ts';

/** A subject's families: over the first number, some are evicted until the second is left. */
export const FAMILIES_PER_SUBJECT = 1_000;
const FAMILIES_LEFT_AFTER_EVICTION = 900;

/** Clocks of services differ: what forbids something is kept this much longer than its end. */
export const SKEW_MS = 60_000;

const RECORD_MAX_BYTES = 65_536;
const USER_AGENT_MAX = 512;
const ADDRESS_MAX = 64;

/** Refuses times and counts that are not whole: a NaN from a faulty caller must not become a record without an end. */
export function assertWhole(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${name} must be a whole number`);
  }
}

/** The document as JSON. Throws TypeError for what JSON cannot hold, RangeError over 65,536 bytes. */
export function recordJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new TypeError('a record must be a JSON value');
  if (Buffer.byteLength(json) > RECORD_MAX_BYTES)
    throw new RangeError(`a record has at most ${RECORD_MAX_BYTES} bytes`);
  return json;
}

/** How long a consumed id is remembered. */
export function consumedUntil(expiresAt: number, now: number): number {
  return Math.max(expiresAt, now) + SKEW_MS;
}

/** Rotations whose key is remembered. */
export const REMEMBERED_ROTATIONS = 16;
const KEY_DIGEST_MAX = 64;

/** Checks what a rotation is asked with. */
export function assertRotation({ sequence, graceMs, idleMs, now, keyDigest }: RotationRequest): void {
  assertWhole({ sequence, graceMs, idleMs, now });
  if (keyDigest === '' || (keyDigest?.length ?? 0) > KEY_DIGEST_MAX) {
    throw new RangeError(`keyDigest must have 1 to ${KEY_DIGEST_MAX} characters`);
  }
}

/** When a family dies if it is not refreshed before. */
export function idleEndOf(family: Family, idleMs: number, now: number): number {
  return Math.min(now + idleMs, family.absoluteEnd);
}

/** Checks the numbers of a family and bounds its texts, so that every backend gives back the same. */
export function boundedFamily(family: Family): Family {
  const { createdAt, sequence, rotatedAt, absoluteEnd } = family;
  assertWhole({ createdAt, sequence, rotatedAt, absoluteEnd });
  if (sequence < 1) throw new RangeError('sequence must be at least 1');
  return Object.freeze({
    ...family,
    sub: family.sub.toWellFormed(),
    site: family.site?.toWellFormed(),
    clientId: family.clientId.toWellFormed(),
    amr: Object.freeze(family.amr.map((method) => method.toWellFormed())),
    userAgent: family.userAgent.slice(0, USER_AGENT_MAX).toWellFormed(),
    address: family.address.slice(0, ADDRESS_MAX).toWellFormed(),
  });
}

/** Newest first; the order of families of the same millisecond is fixed by their sid. */
export function newestFirst(a: Family, b: Family): number {
  return b.createdAt - a.createdAt || (a.sid < b.sid ? -1 : 1);
}

/** Families that were never refreshed come first, then those that were refreshed the longest ago. */
function leastUsedFirst(a: Family, b: Family): number {
  return Number(a.sequence > 1) - Number(b.sequence > 1) || a.rotatedAt - b.rotatedAt || newestFirst(b, a);
}

/**
 * Which of a subject's living families make way for the one just created. The client (with its program) that holds most
 * loses its least used: a script that logs in a thousand times evicts its own logins and not the phone of the user.
 */
export function evictionsFor(created: string, living: readonly Family[]): readonly Family[] {
  if (living.length <= FAMILIES_PER_SUBJECT) return [];
  const others = living.filter(({ sid }) => sid !== created).sort(leastUsedFirst);
  const clients = [...Map.groupBy(others, ({ clientId, userAgent }) => JSON.stringify([clientId, userAgent])).values()];
  const evicted: Family[] = [];
  while (living.length - evicted.length > FAMILIES_LEFT_AFTER_EVICTION) {
    const largest = clients.reduce((best, client) => (client.length > best.length ? client : best));
    const family = largest.shift();
    if (family !== undefined) evicted.push(family);
  }
  return evicted;
}
