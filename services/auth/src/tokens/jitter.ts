/** The part of a life that is taken off at most. */
const MAX_PART = 0.05;

/** Gives lives in seconds that are up to 5 % shorter than the configured one, each another; all of it when switched off. */
export function jitteredLifetime(
  lifetimeSeconds: number,
  enabled: boolean,
  randomBytes: (size: number) => Buffer,
): () => number {
  const range = enabled ? Math.floor(lifetimeSeconds * MAX_PART) + 1 : 1;
  return () => lifetimeSeconds - (randomBytes(4).readUInt32BE(0) % range);
}
