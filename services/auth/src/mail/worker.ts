import { setTimeout as sleep } from 'node:timers/promises';
import type { Mail, MailJob } from './mail-job.ts';
import type { MailQueue, WaitingMail } from './queue.ts';
import { MailNotSent, type MailTransport } from './transport.ts';

export interface MailWorker {
  start(): void;
  /** Looks for mails now; calls while it works make it look once more. */
  wake(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Waits a moment for the attempts under way; what they leave undone is sent by another worker, or after a restart. */
  stop(): Promise<void>;
}

export interface MailWorkerOptions {
  readonly queue: MailQueue;
  readonly transport: MailTransport;
  /** The mail of a job; undefined where there is nothing to send (any more). */
  compose(id: string, job: MailJob, isFirstAttempt: boolean): Promise<Mail | undefined>;
  readonly log: {
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Told of every attempt's outcome. */
  onOutcome?(outcome: 'sent' | 'nothing' | 'later' | 'dead'): void;
}

/** How often the queue is looked at without being woken: for retries, and for mails of replicas that have died. */
const POLL_MS = 5_000;
const PRUNE_EVERY = 120;
const STOP_MS = 3_000;
/** Mails at a time. */
const BATCH = 4;

/** Sends what waits in the outbox, in the background. Any number of replicas may run one. */
export function createMailWorker(options: MailWorkerOptions): MailWorker {
  const { queue, transport, compose, log, onOutcome = () => {} } = options;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let polls = 0;

  async function attempt(mail: WaitingMail): Promise<void> {
    const details = { mail: mail.id, kind: mail.job.kind, attempt: mail.attempt };
    try {
      const composed = await compose(mail.id, mail.job, mail.attempt === 1);
      if (composed !== undefined) await transport.send(composed);
      await queue.done(mail.id);
      onOutcome(composed === undefined ? 'nothing' : 'sent');
    } catch (error) {
      const failure =
        error instanceof MailNotSent
          ? { message: error.message, permanent: error.permanent }
          : { message: 'the mail could not be made', permanent: false };
      const outcome = await queue.failed(mail, failure);
      onOutcome(outcome);
      if (outcome === 'dead') log.error({ ...details, err: error }, 'a mail was given up');
      else log.warn({ ...details, err: error }, 'a mail could not be sent; it is tried again later');
    }
  }

  async function work(): Promise<void> {
    try {
      do {
        again = false;
        const mails = await queue.claim(BATCH);
        await Promise.all(mails.map(attempt));
        if (mails.length === BATCH) again = true;
      } while (again && !stopped);
    } catch (error) {
      // Without its database there is nothing to do but to try again; /ready tells of the database.
      log.warn({ err: error }, 'the mail queue could not be read');
    }
  }

  function wake(): void {
    if (stopped) return;
    again = true;
    working ??= work().finally(() => {
      working = undefined;
      if (again) wake();
    });
  }

  async function poll(): Promise<void> {
    wake();
    polls += 1;
    if (polls % PRUNE_EVERY === 1)
      await queue.prune().catch((error) => log.warn({ err: error }, 'the mail queue was not pruned'));
  }

  return {
    wake,
    idle: async () => {
      while (working !== undefined) await working;
    },
    start: () => {
      timer = setInterval(() => void poll(), POLL_MS);
      timer.unref();
      void poll();
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      const patience = new AbortController();
      const late = sleep(STOP_MS, undefined, { signal: patience.signal, ref: false }).catch(() => {});
      await Promise.race([working, late]);
      patience.abort();
      transport.close();
    },
  };
}
