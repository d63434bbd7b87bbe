import type { Kysely } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { MailThrottle } from '../throttling/mail-throttle.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { invalidBody } from '../validation.ts';

export interface ForgotRequest {
  readonly email: string;
  /** The site on whose pages it was asked. */
  readonly site: string | undefined;
  readonly address: string;
  readonly by: Actor;
}

/**
 * Takes a request for a new password. Nobody is looked up here: whether there is such a user is found out when the mail is
 * written, so neither the answer nor its time can tell. Throws validation_failed, rate_limited.
 */
export function createForgot(options: {
  readonly database: Kysely<AuthTables>;
  readonly outbox: Outbox;
  readonly throttle: MailThrottle;
  readonly audit: Pick<Audit, 'note'>;
}): (request: ForgotRequest) => Promise<void> {
  const { database, outbox, throttle, audit } = options;
  return async ({ email: given, site, address, by }) => {
    const email = readEmailAddress(given);
    if (email === undefined) throw invalidBody('email', 'is not an e-mail address');
    const isAllowed = await throttle.allows({ mailbox: email.key, address, scope: site ?? '' });
    if (isAllowed) await outbox.add(database, by, { kind: 'password_reset', emailKey: email.key, site });
    await audit.note(by, { action: 'password.forgot', site, details: { mailed: isAllowed } });
    outbox.wake();
  };
}
