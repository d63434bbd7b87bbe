import { describe, expect, it } from 'vitest';
import { formatDevice, formatDuration, formatTime } from '../src/formats.ts';

describe('formatDuration', () => {
  it.each([
    ['en', 1_800, '30 minutes'],
    ['en', 3_600, '1 hour'],
    ['en', 86_400, '24 hours'],
    ['en', 604_800, '7 days'],
    ['de', 1_800, '30 Minuten'],
    ['de', 86_400, '24 Stunden'],
    ['fr', 604_800, '7 jours'],
    ['zh', 86_400, '24小时'],
  ] as const)('in %s, of %i seconds: %s', (language, seconds, text) =>
    expect(formatDuration(language, seconds).replaceAll('\u00a0', ' ')).toBe(text),
  );
});

describe('formatTime', () => {
  it.each([
    ['en', 'Mar 9, 2026, 2:05 PM UTC'],
    ['de', '09.03.2026, 14:05 UTC'],
    ['fr', '9 mars 2026, 14:05 UTC'],
    ['zh', '2026年3月9日 14:05 UTC'],
  ] as const)('in %s: %s', (language, text) =>
    expect(formatTime(language, new Date('2026-03-09T14:05:59Z')).replace(/\s/gu, ' ')).toBe(text),
  );
});

describe('formatDevice', () => {
  it.each([
    ['en', 'Firefox on Linux', 'Firefox on Linux'],
    ['de', 'Firefox on Linux', 'Firefox unter Linux'],
    ['fr', 'Unknown device', 'Appareil inconnu'],
    ['zh', 'Safari on iOS', 'iOS 上的 Safari'],
    ['de', 'curl', 'curl'],
    ['de', undefined, 'Unbekanntes Gerät'],
  ] as const)('in %s, of %s: %s', (language, device, text) => expect(formatDevice(language, device)).toBe(text));
});
