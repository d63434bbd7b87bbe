const DAY = 86_400;
const UNITS = [
  ['d', DAY],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/**
 * A NumericDate (seconds, RFC 7519 §2) for a reader: in UTC, in the local time zone where that differs, and from now.
 * Undefined for what is no time. `now` in milliseconds; `timeZone` is the machine's if absent.
 */
export function timeText(value: unknown, now: number, timeZone?: string): string | undefined {
  if (typeof value !== 'number' || Number.isNaN(new Date(value * 1_000).getTime())) return undefined;
  const utc = clockText(value, 'UTC');
  const local = clockText(value, timeZone);
  const texts = [`${utc} UTC`, ...(local === utc ? [] : [`${local} local`]), relativeText(value, now)];
  return texts.join(', ');
}

/** `in 12 min`, `3 h 5 min ago`, `now`. */
export function relativeText(seconds: number, now: number): string {
  const distance = Math.round(seconds - now / 1_000);
  if (distance === 0) return 'now';
  const span = spanText(Math.abs(distance));
  return distance > 0 ? `in ${span}` : `${span} ago`;
}

/** The largest unit and the next, such as `1 h 5 min`. */
function spanText(seconds: number): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  let rest = seconds;
  const parts = UNITS.slice(first, first + 2).flatMap(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    return amount === 0 ? [] : [`${amount} ${unit}`];
  });
  return parts.join(' ');
}

/** `2026-01-31 12:00:00`; the Swedish locale writes dates like ISO 8601. */
function clockText(seconds: number, timeZone: string | undefined): string {
  return new Date(seconds * 1_000).toLocaleString('sv-SE', timeZone === undefined ? {} : { timeZone });
}
