import { type Kysely, sql } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import { isUsablePassword, type Passwords } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import type { CutOffs } from '../revocation/cut-offs.ts';
import { unusable } from '../users/unusable.ts';
import type { LinkTokens } from './link-tokens.ts';

export interface ResetOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: PasswordStrength;
  readonly cutOffs: Pick<CutOffs, 'endAllSessions'>;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

/**
 * Sets the password of who holds a reset link, and ends all their sessions.
 * Throws link_invalid, link_expired, validation_failed, password_too_weak, unavailable.
 */
export function createReset(options: ResetOptions): (token: string, password: string, by: Origin) => Promise<void> {
  const { database, linkTokens, passwords, strength, cutOffs, outbox, audit, now } = options;
  return async (token, password, by) => {
    if (!isUsablePassword(password)) throw unusable('password', 'must have 8 to 256 characters');
    const { subject, credentialVersion, linkVersion } = await linkTokens.verify('passwordReset', token);
    if (credentialVersion === undefined || linkVersion === undefined) throw problem('link_invalid');
    const user = await database
      .selectFrom('users')
      .select(['email', 'username', 'name'])
      .where('id', '=', subject)
      .where('credential_version', '=', credentialVersion)
      .where('reset_version', '=', linkVersion)
      .where('disabled', '=', false)
      .executeTakeFirst();
    // Before the hash: a dead link must not cost its work.
    if (user === undefined) throw problem('link_invalid');
    await strength.require(password, [user.email, user.username, user.name]);
    const passwordHash = await passwords.hash(password);
    await database.transaction().execute(async (transaction) => {
      const at = now();
      const used = await transaction
        .updateTable('users')
        .set({
          password_hash: passwordHash,
          credential_version: sql`credential_version + 1`,
          reset_version: sql`reset_version + 1`,
          // Whoever has read the mail has the mailbox.
          email_verified_at: sql`coalesce(email_verified_at, ${new Date(at)})`,
          updated_at: new Date(at),
        })
        .where('id', '=', subject)
        .where('credential_version', '=', credentialVersion)
        .where('reset_version', '=', linkVersion)
        .where('disabled', '=', false)
        .returning('email')
        .executeTakeFirst();
      // Of many uses at the same time one has found the versions unchanged.
      if (used === undefined) throw problem('link_invalid');
      // Also before the commit: if the sessions cannot be ended, the password stays and the link can be used again.
      await cutOffs.endAllSessions(subject);
      await outbox.add(transaction, {
        kind: 'password_changed',
        user: subject,
        recipient: used.email,
        at,
        address: by.address,
      });
      await audit.append(transaction, { ...by, subject }, { action: 'password.reset', target: subject });
    });
    await cutOffs.endAllSessions(subject);
    outbox.wake();
  };
}
