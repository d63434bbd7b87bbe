import { createOutboxWorker, type OutboxWorker } from '../outbox/worker.ts';
import type { Mail, QueuedMailJob } from './mail-job.ts';
import type { MailQueue } from './queue.ts';
import { MailNotSent, type MailTransport } from './transport.ts';

export interface MailWorkerOptions {
  readonly queue: MailQueue;
  readonly transport: MailTransport;
  /** The mail of a job; undefined where there is nothing to send (any more). */
  compose(id: string, job: QueuedMailJob): Promise<Mail | undefined>;
  readonly log: {
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Told of every attempt's outcome. */
  onOutcome?(outcome: 'sent' | 'nothing' | 'later' | 'dead'): void;
}

/** Sends what waits in the mail outbox. */
export function createMailWorker({ queue, transport, compose, log, onOutcome }: MailWorkerOptions): OutboxWorker {
  const worker = createOutboxWorker<QueuedMailJob, 'sent' | 'nothing'>({
    name: 'mail',
    queue,
    perform: async ({ id, job }) => {
      const composed = await compose(id, job);
      if (composed === undefined) return 'nothing';
      await transport.send(composed);
      return 'sent';
    },
    failureOf: (error) =>
      error instanceof MailNotSent
        ? { message: error.message, permanent: error.permanent }
        : { message: 'the mail could not be made', permanent: false },
    prune: queue.prune,
    log,
    ...(onOutcome !== undefined && { onOutcome }),
  });
  return {
    ...worker,
    stop: async () => {
      await worker.stop();
      transport.close();
    },
  };
}
