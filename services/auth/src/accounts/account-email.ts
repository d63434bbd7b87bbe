import type { Identity } from '@gaia/tokens/identity';
import { type Kysely, sql } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import type { RequireCurrentPassword } from '../passwords/current-password.ts';
import { wordsOfSites } from '../passwords/site-words.ts';
import { selfOf } from '../permissions/user-caller.ts';
import { type MailThrottle, requireAllowed } from '../throttling/mail-throttle.ts';
import type { LinkTokens } from '../tokens/link-tokens.ts';
import { lockAddress } from '../users/address-lock.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { invalidBody } from '../validation.ts';
import { accountColumns } from './account-of-address.ts';
import type { AddressProof, Choice } from './address-proof.ts';
import { type LinkDetails, linkDetails } from './link-details.ts';
import { refusingTaken } from './users.ts';

export interface AccountEmail {
  /** Sends a link to the user's own address. Throws rate_limited, forbidden. */
  requestVerification(caller: Identity, by: Actor): Promise<void>;
  /**
   * Sends a link to a new address and a notice to the present one. The answer is the same where the new one is in use.
   * Throws wrong_password, rate_limited, validation_failed, forbidden.
   */
  requestChange(caller: Identity, by: Actor, email: string, password: string): Promise<void>;
  /** What a link of the caller's is for; uses nothing up. Throws link_invalid, link_expired, link_of_another_account. */
  changeDetails(caller: Identity, token: string): Promise<LinkDetails>;
  /**
   * Uses a link; gives the new address. Only in a session of the account that asked: otherwise an attacker could have the
   * owner of an address attach it to an account that is not theirs. Where no address of the account has been proved
   * before, what was set by then goes, and all sessions end.
   * Throws link_invalid, link_expired, link_of_another_account, email_taken, and what AddressProof throws.
   */
  confirmChange(caller: Identity, token: string, choice: Choice, by: Actor): Promise<string>;
}

export interface AccountEmailOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly requireCurrentPassword: RequireCurrentPassword;
  readonly proof: AddressProof;
  readonly throttle: MailThrottle;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export function createAccountEmail(options: AccountEmailOptions): AccountEmail {
  const { database, linkTokens, requireCurrentPassword, proof, throttle, outbox, audit, now } = options;

  /** The caller, of whose link the token is; of many uses at the same time one finds the versions unchanged. */
  async function findAsking(from: Kysely<AuthTables>, caller: Identity, token: string) {
    const claims = await linkTokens.verify('emailChange', token);
    const { subject, email, credentialVersion, linkVersion } = claims;
    if (email === undefined || credentialVersion === undefined || linkVersion === undefined) {
      throw problem('link_invalid');
    }
    if (selfOf(caller) !== subject) throw problem('link_of_another_account');
    const query = from
      .selectFrom('users')
      .select([...accountColumns, 'users.pending_email as newEmail', 'users.pending_email_key as newKey'])
      .where('id', '=', subject)
      .where('pending_email_key', '=', email)
      .where('credential_version', '=', credentialVersion)
      .where('link_version', '=', linkVersion)
      .where('disabled', '=', false);
    const user = await (from.isTransaction ? query.forUpdate() : query).executeTakeFirst();
    if (user?.newEmail == null || user.newKey === null) throw problem('link_invalid');
    return { ...user, newEmail: user.newEmail, newKey: user.newKey };
  }

  return {
    requestVerification: async (caller, by) => {
      const id = selfOf(caller);
      const found = await database.selectFrom('users').select('email_key').where('id', '=', id).executeTakeFirst();
      if (found === undefined) return;
      await requireAllowed(throttle, { mailbox: found.email_key, address: by.address ?? '', scope: id });
      // The worker writes none where the address is proved.
      await outbox.add(database, by, { kind: 'verification', user: id, site: caller.site });
      outbox.wake();
    },
    requestChange: async (caller, by, given, password) => {
      const email = readEmailAddress(given);
      if (email === undefined) throw invalidBody('email', 'is not an e-mail address');
      const user = await requireCurrentPassword(caller, by, password);
      if (email.key === user.emailKey) throw invalidBody('email', 'is the present address');
      await requireAllowed(throttle, { mailbox: email.key, address: by.address ?? '', scope: user.id });
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
          by,
          { kind: 'email_change', user: user.id, site: caller.site },
          { kind: 'email_change_notice', user: user.id, recipient: user.email, at, site: caller.site },
        );
        await audit.append(transaction, by, { action: 'email.request', site: caller.site, target: user.id });
      });
      outbox.wake();
    },
    changeDetails: async (caller, token) => {
      const user = await findAsking(database, caller, token);
      return { ...linkDetails(user), email: user.newEmail };
    },
    confirmChange: async (caller, token, choice, by) => {
      const user = await findAsking(database, caller, token);
      const { id, newEmail, newKey } = user;
      const credentials = await proof.prepare(user, newEmail, choice, await wordsOfSites(database, id));
      await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          await lockAddress(transaction, newKey);
          await findAsking(transaction, caller, token);
          const at = now();
          await transaction
            .updateTable('users')
            .set({
              email: newEmail,
              email_key: newKey,
              pending_email: null,
              pending_email_key: null,
              email_verified_at: new Date(at),
              credential_version: sql`credential_version + 1`,
              link_version: sql`link_version + 1`,
              updated_at: new Date(at),
            })
            .where('id', '=', id)
            .execute();
          if (credentials !== undefined) await proof.replaceCredentials(transaction, id, credentials);
          await outbox.add(transaction, by, { kind: 'email_changed', user: id, recipient: user.email, at });
          await audit.append(transaction, by, { action: 'email.change', target: id });
        }),
      );
      if (credentials !== undefined) await proof.endSessions(id);
      outbox.wake();
      return newEmail;
    },
  };
}
