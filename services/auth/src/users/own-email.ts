import type { Identity } from '@gaia/tokens/identity';
import { type Kysely, sql } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { selfOf } from '../families/own-sessions.ts';
import type { RequestThrottle } from '../login/request-throttle.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { LinkTokens } from '../recovery/link-tokens.ts';
import { readEmailAddress } from './email-address.ts';
import type { PresentPassword } from './present-password.ts';
import { unusable } from './unusable.ts';
import { refusingTaken } from './users.ts';

export interface OwnEmail {
  /** Sends a link to the user's own address. Throws rate_limited, forbidden. */
  requestVerification(caller: Identity, by: Origin): Promise<void>;
  /**
   * Sends a link to a new address and a notice to the present one. The answer is the same where the new one is in use.
   * Throws wrong_password, rate_limited, validation_failed, forbidden.
   */
  requestChange(caller: Identity, by: Origin, email: string, password: string): Promise<void>;
  /** Uses a link; gives the new address. Throws link_invalid, link_expired, email_taken. */
  confirmChange(token: string, by: Origin): Promise<string>;
}

export interface OwnEmailOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly presentPassword: PresentPassword;
  readonly throttle: RequestThrottle;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export function createOwnEmail(options: OwnEmailOptions): OwnEmail {
  const { database, linkTokens, presentPassword, throttle, outbox, audit, now } = options;
  return {
    requestVerification: async (caller, by) => {
      const id = selfOf(caller);
      const found = await database.selectFrom('users').select('email_key').where('id', '=', id).executeTakeFirst();
      if (found === undefined || !(await throttle.allows(found.email_key, by.address ?? ''))) return;
      await database.transaction().execute(async (transaction) => {
        const user = await transaction
          .updateTable('users')
          .set({ link_version: sql`link_version + 1` })
          .where('id', '=', id)
          .where('email_verified_at', 'is', null)
          .returning('id')
          .executeTakeFirst();
        if (user === undefined) return;
        await outbox.add(transaction, { kind: 'verification', user: id, site: caller.site });
      });
      outbox.wake();
    },
    requestChange: async (caller, by, given, password) => {
      const email = readEmailAddress(given);
      if (email === undefined) throw unusable('email', 'is not an e-mail address');
      const user = await presentPassword(caller, by, password);
      if (email.key === user.emailKey) throw unusable('email', 'is the present address');
      if (!(await throttle.allows(email.key, by.address ?? ''))) return;
      await database.transaction().execute(async (transaction) => {
        const at = now();
        await transaction
          .updateTable('users')
          .set({
            pending_email: email.address,
            pending_email_key: email.key,
            link_version: sql`link_version + 1`,
            updated_at: new Date(at),
          })
          .where('id', '=', user.id)
          .execute();
        await outbox.add(
          transaction,
          { kind: 'email_change', user: user.id },
          { kind: 'email_change_notice', user: user.id, recipient: user.email, at, site: caller.site },
        );
        await audit.append(transaction, by, { action: 'email.request', site: caller.site, target: user.id });
      });
      outbox.wake();
    },
    confirmChange: async (token, by) => {
      const { subject, email, credentialVersion, linkVersion } = await linkTokens.verify('emailChange', token);
      if (email === undefined || credentialVersion === undefined || linkVersion === undefined) {
        throw problem('link_invalid');
      }
      const changed = await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          const at = now();
          const before = await transaction
            .selectFrom('users')
            .select('email')
            .where('id', '=', subject)
            .where('pending_email_key', '=', email)
            .where('credential_version', '=', credentialVersion)
            .where('link_version', '=', linkVersion)
            .where('disabled', '=', false)
            .forUpdate()
            .executeTakeFirst();
          if (before === undefined) throw problem('link_invalid');
          const { email: after } = await transaction
            .updateTable('users')
            .set({
              email: sql`pending_email`,
              email_key: email,
              pending_email: null,
              pending_email_key: null,
              email_verified_at: new Date(at),
              credential_version: sql`credential_version + 1`,
              link_version: sql`link_version + 1`,
              updated_at: new Date(at),
            })
            .where('id', '=', subject)
            .returning('email')
            .executeTakeFirstOrThrow();
          await outbox.add(transaction, { kind: 'email_changed', user: subject, recipient: before.email, at });
          await audit.append(transaction, { ...by, subject }, { action: 'email.change', target: subject });
          return after;
        }),
      );
      outbox.wake();
      return changed;
    },
  };
}
