import type { Actor } from './actor.ts';

/** Something that happened: `member.set`, `session.open`. */
export interface AuditEvent {
  readonly action: `${string}.${string}`;
  /** `ok` if absent. */
  readonly outcome?: 'ok' | 'refused';
  /** Id of the site whose administrators may see it; only those of the installation see events without one. */
  readonly site?: string | undefined;
  /** Id of the user, key, role or account that it was done to. */
  readonly target?: string | undefined;
  readonly details?: AuditDetails | undefined;
}

/** Few and short; never a secret, a token, a hash or user content. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** An event as text: what is chained, byte for byte. */
export function auditEventText(event: AuditEvent, by: Actor, at: number): string {
  return JSON.stringify({
    at: Math.floor(at),
    action: event.action,
    outcome: event.outcome ?? 'ok',
    actor: textOrNothing(by.subject),
    acting_party: textOrNothing(by.actingParty),
    session: textOrNothing(by.sessionId),
    address: textOrNothing(by.address),
    request_id: textOrNothing(by.requestId),
    site: textOrNothing(event.site),
    target: textOrNothing(event.target),
    details: event.details === undefined ? undefined : detailsOf(event.details),
  });
}

const MAX_TEXT_LENGTH = 256;
const MAX_LIST_LENGTH = 128;

function textOrNothing(text: string | undefined): string | undefined {
  return text === undefined ? undefined : storable(text);
}

function detailsOf(details: AuditDetails) {
  const entries = Object.entries(details).map(([name, value]) => [name, detailOf(value)]);
  return Object.fromEntries(entries);
}

function detailOf(value: AuditDetails[string]) {
  if (typeof value === 'string') return storable(value);
  if (typeof value === 'object') return value.slice(0, MAX_LIST_LENGTH).map(storable);
  return value;
}

/** Some of it comes from callers: bounded, without NUL and half surrogates (PostgreSQL refuses both) or control characters. */
function storable(text: string): string {
  return text
    .slice(0, MAX_TEXT_LENGTH)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\ufffd');
}
