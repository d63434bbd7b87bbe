import type { Language } from './language.ts';

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;

/** A length of time in the largest unit that gives a whole number: `30 minutes`, `24 hours`, `7 days`. */
export function formatDuration(language: Language, seconds: number): string {
  const [value, unit] =
    seconds % DAY_SECONDS === 0 && seconds > DAY_SECONDS
      ? [seconds / DAY_SECONDS, 'day']
      : seconds % HOUR_SECONDS === 0
        ? [seconds / HOUR_SECONDS, 'hour']
        : [Math.round(seconds / 60), 'minute'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

/** A date and time of day in UTC, as the reader of a language writes them. */
export function formatTime(language: Language, time: Date): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(time)} UTC`;
}
