import type { Catalogue } from './catalogue.ts';
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

const devices: Catalogue<{ readonly unknown: string; on(program: string, system: string): string }> = {
  en: { unknown: 'Unknown device', on: (program, system) => `${program} on ${system}` },
  fr: { unknown: 'Appareil inconnu', on: (program, system) => `${program} sous ${system}` },
  de: { unknown: 'Unbekanntes Gerät', on: (program, system) => `${program} unter ${system}` },
  zh: { unknown: '未知设备', on: (program, system) => `${system} 上的 ${program}` },
};

/** A device as auth's API names it, in English: `Firefox on Linux`, `curl`, `Unknown device`. */
export function formatDevice(language: Language, device = ''): string {
  const { unknown, on } = devices[language];
  const [program = '', system] = device.split(' on ', 2);
  if (system !== undefined) return on(program, system);
  return program === '' || program === devices.en.unknown ? unknown : program;
}
