import type { Mail } from './mail-job.ts';

export interface MailTransport {
  /** Resolves when the next hop has taken the mail. Rejects with MailNotSent. Takes a minute at most. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** Its message names no address and nothing of the mail: it is logged. */
export class MailNotSent extends Error {
  readonly code = 'mail_not_sent';
  /** Trying again is useless: the server has refused this mail for good. */
  readonly permanent: boolean;
  constructor(message: string, options: { permanent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'MailNotSent';
    this.permanent = options.permanent;
  }
}
