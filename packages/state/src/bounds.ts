import type { Family } from './state.ts';

/** A subject's families: over the first number, those that would end first are ended until the second is left. */
export const FAMILIES_PER_SUBJECT = 1_000;
export const FAMILIES_LEFT_AFTER_TRIM = 900;

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

/** Those that would end first come first. */
export function endsFirst(a: Family, b: Family): number {
  return a.absoluteEnd - b.absoluteEnd || newestFirst(b, a);
}
