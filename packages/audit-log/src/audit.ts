import { type Kysely, sql, type Transaction } from 'kysely';
import type { Actor } from './actor.ts';
import { type AuditEvent, auditEventText } from './audit-event.ts';

export interface Audit<DB> {
  /**
   * Writes an event in the transaction of the change that it tells of: both happen or neither. To be the last statement of
   * the transaction, because from here to its end no other event can be written.
   */
  append(transaction: Transaction<DB>, by: Actor, event: AuditEvent): Promise<void>;
  /** Writes an event that must be stored before anything else happens; rejects when it cannot be. */
  record(by: Actor, event: AuditEvent): Promise<void>;
  /**
   * Writes an event that changes no table; resolves when it is stored. Never rejects: an event that cannot be stored
   * goes to the process log, so that neither a logout nor a refusal depends on the database.
   */
  note(by: Actor, event: AuditEvent): Promise<void>;
}

export interface AuditOptions<DB> {
  readonly database: Kysely<DB>;
  readonly log: { error(details: object, message: string): void };
  now(): number;
}

interface Waiting {
  readonly text: string;
  written(): void;
}

/** Events written in one transaction; what comes meanwhile makes the next one. */
const MAX_BATCH = 500;
const MAX_WAITING = 10_000;

export function createAudit<DB>({ database, log, now }: AuditOptions<DB>): Audit<DB> {
  let waiting: Waiting[] = [];
  let writing = false;

  /** One at a time: the chain has one end, and many short transactions would only queue up for it. */
  async function writeWaiting(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      const texts = batch.map((one) => one.text);
      try {
        await appendTexts(database, texts);
      } catch (error) {
        log.error({ err: error, events: texts }, 'audit events could not be stored');
      }
      for (const one of batch) one.written();
    }
    writing = false;
  }

  return {
    append: (transaction, by, event) => appendTexts(transaction, [auditEventText(event, by, now())]),
    record: (by, event) => appendTexts(database, [auditEventText(event, by, now())]),
    note: (by, event) => {
      const text = auditEventText(event, by, now());
      if (waiting.length >= MAX_WAITING) {
        log.error({ events: [text] }, 'audit events could not be stored: too many are waiting');
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        waiting.push({ text, written: resolve });
        if (!writing) void writeWaiting();
      });
    },
  };
}

async function appendTexts<DB>(database: Kysely<DB>, texts: readonly string[]): Promise<void> {
  await sql`select audit_append(${texts}::text[])`.execute(database);
}
