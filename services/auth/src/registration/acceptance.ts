import type { Kysely } from 'kysely';
import { findAccount } from '../accounts/account-of-address.ts';
import type { AddressProof, Choice } from '../accounts/address-proof.ts';
import { type LinkDetails, linkDetails } from '../accounts/link-details.ts';
import { refusingTaken } from '../accounts/users.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { wordsOfSite } from '../passwords/site-words.ts';
import type { Revoker } from '../revocation/revoker.ts';
import type { LinkTokens } from '../tokens/link-tokens.ts';
import { lockAddress } from '../users/address-lock.ts';
import { joinSiteWithRoles } from './join-site.ts';

export interface Acceptance {
  /** What the holder of a link is invited to; uses nothing up. Throws link_invalid, link_expired. */
  details(token: string): Promise<LinkDetails>;
  /**
   * Makes the invited a member with the roles of the invitation; a present member gets them beside their own.
   * Throws link_invalid, link_expired, registration_closed, username_taken, too_many_roles, and what AddressProof throws.
   */
  accept(token: string, choice: Choice, by: Actor): Promise<{ email: string; site: string }>;
}

export interface AcceptanceOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly proof: AddressProof;
  readonly revoker: Pick<Revoker, 'revokeTokensOf'>;
  readonly audit: Audit;
  now(): number;
}

export function createAcceptance({ database, linkTokens, proof, revoker, audit, now }: AcceptanceOptions): Acceptance {
  async function find(token: string) {
    const { subject, email = '' } = await linkTokens.verify('invitation', token);
    // Before the invitation: an account that this very link has just proved comes with an invitation that has ended.
    const account = await findAccount(database, email);
    const row = await database
      .selectFrom('invitations')
      .innerJoin('sites', 'sites.id', 'invitations.site_id')
      .select(['invitations.id', 'invitations.email', 'invitations.email_key as key'])
      .select(['sites.id as site', 'sites.name as siteName'])
      .where('invitations.id', '=', subject)
      .where('invitations.email_key', '=', email)
      .where('invitations.expires_at', '>', new Date(now()))
      .executeTakeFirst();
    if (row === undefined) throw problem('link_invalid');
    return { row, account };
  }

  return {
    details: async (token) => {
      const { row, account } = await find(token);
      return linkDetails(account, row);
    },
    accept: async (token, choice, by) => {
      const { row, account } = await find(token);
      const { id, email, key, site } = row;
      const credentials = await proof.prepare(account, email, choice, await wordsOfSite(database, site));
      const { proved, granted } = await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          await lockAddress(transaction, key);
          const at = new Date(now());
          // One statement takes it away: of many uses at the same time one finds it.
          const used = await transaction
            .deleteFrom('invitations')
            .where('id', '=', id)
            .returning('roles')
            .executeTakeFirst();
          if (used === undefined) throw problem('link_invalid');
          const policy = await transaction
            .selectFrom('sites')
            .select('registration')
            .where('id', '=', site)
            .forShare()
            .executeTakeFirst();
          if (policy === undefined || policy.registration === 'closed') throw problem('registration_closed');
          const done = await proof.prove(transaction, { email, key }, credentials);
          const added = await joinSiteWithRoles(transaction, { user: done.user, site, roles: used.roles, at });
          const event = { action: 'invitation.accept', site, target: done.user } as const;
          const details = { invitation: id, account: done.account, granted: added };
          await audit.append(transaction, { ...by, subject: done.user }, { ...event, details });
          return { proved: done, granted: added };
        }),
      );
      if (proved.account === 'taken_over') await proof.endSessions(proved.user);
      // The next refresh brings the roles.
      else if (proved.account === 'known' && granted.length > 0) await revoker.revokeTokensOf(proved.user);
      return { email, site };
    },
  };
}
