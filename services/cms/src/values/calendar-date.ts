const fullDate = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/;

/**
 * The canonical form of an RFC 3339 full-date (kept as it is) or date-time (in UTC, with milliseconds), so that
 * comparing texts compares times. Undefined for anything else; years 0001–9999.
 */
export function canonicalDate(text: string): string | undefined {
  if (fullDate.test(text)) return isCalendarDay(text) ? text : undefined;
  const parts = dateTime.exec(text);
  if (parts === null) return undefined;
  const [, day = '', hour, minute, second, offsetHour = '0', offsetMinute = '0'] = parts;
  if (!isCalendarDay(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const canonical = new Date(text.toUpperCase()).toISOString();
  return /^\d{4}-/.test(canonical) && !canonical.startsWith('0000') ? canonical : undefined;
}

function isCalendarDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00.000Z`);
  return !text.startsWith('0000') && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
