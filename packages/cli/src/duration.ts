const UNITS = Object.freeze({ s: 1, m: 60, h: 3_600 });

/** Seconds of `90s`, `15m` or `1h`; undefined for anything else. */
export function readDuration(raw: string): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(raw) ?? [];
  return amount === undefined || unit === undefined ? undefined : Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** The shortest exact text of whole seconds: `90s`, `15m`, `1h`. */
export function durationText(seconds: number): string {
  if (seconds > 0 && seconds % UNITS.h === 0) return `${seconds / UNITS.h}h`;
  if (seconds > 0 && seconds % UNITS.m === 0) return `${seconds / UNITS.m}m`;
  return `${seconds}s`;
}
