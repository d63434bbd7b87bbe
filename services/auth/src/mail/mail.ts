import type { Registry } from 'prom-client';
import type { OutboxWorker } from '../outbox/worker.ts';
import { type ComposeOptions, createCompose } from './compose.ts';
import { mailOutcomes } from './mail-metrics.ts';
import { createOutbox, type Outbox, type OutboxOptions } from './outbox.ts';
import { createMailQueue } from './queue.ts';
import { createSiteLinks } from './site-links.ts';
import { createMailWorker, type MailWorkerOptions } from './worker.ts';

type MailOptions = Pick<ComposeOptions, 'database' | 'linkTokens'> &
  Pick<MailWorkerOptions, 'transport' | 'log'> &
  Pick<OutboxOptions, 'now'> & {
    readonly publicUrl: string;
    /** Address of the sender; made of the public URL if absent. */
    readonly from: string | undefined;
    readonly metrics: Registry;
  };

/** The outbox that other folders put mails into, and the worker that sends them. */
export function createMail(options: MailOptions): { readonly outbox: Outbox; readonly mailWorker: OutboxWorker } {
  const { database, publicUrl, metrics, now } = options;
  const mailWorker = createMailWorker({
    ...options,
    queue: createMailQueue({ database, now, random: Math.random }),
    compose: createCompose({
      ...options,
      siteLinks: createSiteLinks(database, publicUrl),
      from: options.from ?? `no-reply@${new URL(publicUrl).hostname}`,
    }),
    onOutcome: mailOutcomes(metrics),
  });
  return { mailWorker, outbox: createOutbox({ ...options, wake: mailWorker.wake }) };
}
