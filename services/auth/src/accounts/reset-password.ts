import type { Kysely } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import { wordsOfSites } from '../passwords/site-words.ts';
import type { LinkClaims, LinkTokens } from '../tokens/link-tokens.ts';
import { lockAddress } from '../users/address-lock.ts';
import { accountColumns } from './account-of-address.ts';
import type { AddressProof, Choice } from './address-proof.ts';
import { type LinkDetails, linkDetails } from './link-details.ts';

export interface ResetOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly proof: AddressProof;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

export interface Reset {
  /** Whose password a link sets; uses nothing up. Throws link_invalid, link_expired. */
  details(token: string): Promise<LinkDetails>;
  /**
   * Sets the password of who holds a link, and ends all their sessions. Who has the mail has the mailbox: an account that
   * was unproved is theirs from now on, with the names that they choose.
   * Throws link_invalid, link_expired, account_exists for names of a proved account, and what AddressProof.read throws.
   */
  reset(token: string, choice: Choice, by: Actor): Promise<void>;
}

export function createReset({ database, linkTokens, proof, outbox, audit, now }: ResetOptions): Reset {
  /** The user of a link that is still unused; of many uses at the same time one finds its versions unchanged. */
  async function findUser(from: Kysely<AuthTables>, claims: LinkClaims) {
    const { subject, email, credentialVersion, linkVersion } = claims;
    if (email === undefined || credentialVersion === undefined || linkVersion === undefined) {
      throw problem('link_invalid');
    }
    const query = from
      .selectFrom('users')
      .select([...accountColumns, 'users.email_key as key'])
      .where('id', '=', subject)
      .where('email_key', '=', email)
      .where('credential_version', '=', credentialVersion)
      .where('reset_version', '=', linkVersion)
      .where('disabled', '=', false);
    const user = await (from.isTransaction ? query.forUpdate() : query).executeTakeFirst();
    if (user === undefined) throw problem('link_invalid');
    return user;
  }

  return {
    details: async (token) => linkDetails(await findUser(database, await linkTokens.verify('passwordReset', token))),
    reset: async (token, choice, by) => {
      const claims = await linkTokens.verify('passwordReset', token);
      // Before the hash: a dead link must not cost its work.
      const user = await findUser(database, claims);
      const { id, isProved } = user;
      if (isProved && (choice.name ?? choice.username) !== undefined) throw problem('account_exists');
      const own = isProved ? [user.username, user.name] : [];
      const { passwordHash, names } = await proof.read(user.email, choice, [
        ...own,
        ...(await wordsOfSites(database, id)),
      ]);
      await database.transaction().execute(async (transaction) => {
        await lockAddress(transaction, user.key);
        await findUser(transaction, claims);
        await proof.replaceCredentials(transaction, id, { passwordHash, ...(!isProved && { names }) });
        await outbox.add(transaction, by, {
          kind: 'password_changed',
          user: id,
          recipient: user.email,
          at: now(),
          address: by.address,
        });
        await audit.append(transaction, { ...by, subject: id }, { action: 'password.reset', target: id });
      });
      await proof.endSessions(id);
      outbox.wake();
    },
  };
}
