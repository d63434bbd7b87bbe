import type { Kysely } from 'kysely';
import { accountColumns, findAccount } from '../accounts/account-of-address.ts';
import type { AddressProof, Choice } from '../accounts/address-proof.ts';
import { type LinkDetails, linkDetails } from '../accounts/link-details.ts';
import { refusingTaken } from '../accounts/users.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { wordsOfSite, wordsOfSites } from '../passwords/site-words.ts';
import type { LinkClaims, LinkTokens } from '../tokens/link-tokens.ts';
import { lockAddress } from '../users/address-lock.ts';
import { joinSite } from './join-site.ts';

export interface VerifyOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly proof: AddressProof;
  readonly audit: Audit;
  now(): number;
}

export interface Verified {
  readonly email: string;
  readonly site: string | undefined;
}

export interface Verification {
  /** What a link is for; uses nothing up. Throws link_invalid, link_expired. */
  details(token: string): Promise<LinkDetails>;
  /**
   * Uses a link: makes the owner of its address a member, or the account of the address theirs.
   * Throws link_invalid, link_expired, registration_closed, username_taken, and what AddressProof throws.
   */
  verify(token: string, choice: Choice, by: Actor): Promise<Verified>;
}

/** What members get who register by themselves. */
export const REGISTERED_ROLES: readonly string[] = Object.freeze(['member']);

export function createVerification(options: VerifyOptions): Verification {
  const { database, linkTokens, proof, audit, now } = options;

  async function findRegistration({ subject, email = '' }: LinkClaims) {
    // Before the registration: an account that this very link has just proved comes with a registration that has ended.
    const account = await findAccount(database, email);
    const row = await database
      .selectFrom('registrations')
      .innerJoin('sites', 'sites.id', 'registrations.site_id')
      .select(['registrations.id', 'registrations.email', 'registrations.name', 'registrations.username'])
      .select(['registrations.email_key as key', 'sites.id as site', 'sites.name as siteName', 'sites.registration'])
      .where('registrations.id', '=', subject)
      .where('registrations.email_key', '=', email)
      .where('registrations.expires_at', '>', new Date(now()))
      .executeTakeFirst();
    if (row === undefined) throw problem('link_invalid');
    if (row.registration !== 'open') throw problem('registration_closed');
    return { row, account };
  }

  /** The user of a link that is still unused; of many uses at the same time one finds its versions unchanged. */
  async function findUser(from: Kysely<AuthTables>, claims: LinkClaims) {
    const { subject, email, credentialVersion, linkVersion } = claims;
    if (email === undefined || credentialVersion === undefined || linkVersion === undefined)
      throw problem('link_invalid');
    const query = from
      .selectFrom('users')
      .select([...accountColumns, 'users.email_key as key'])
      .where('id', '=', subject)
      .where('email_key', '=', email)
      .where('credential_version', '=', credentialVersion)
      .where('link_version', '=', linkVersion)
      .where('email_verified_at', 'is', null)
      .where('disabled', '=', false);
    const user = await (from.isTransaction ? query.forUpdate() : query).executeTakeFirst();
    if (user === undefined) throw problem('link_invalid');
    return user;
  }

  async function useRegistration(claims: LinkClaims, choice: Choice, by: Actor): Promise<Verified> {
    const { row, account } = await findRegistration(claims);
    const { email, key, site } = row;
    const credentials = await proof.prepare(account, email, choice, await wordsOfSite(database, site));
    const proved = await database.transaction().execute(async (transaction) => {
      await lockAddress(transaction, key);
      const at = new Date(now());
      // All requests of the address at this site end: what they were for is done, and the link itself is used once.
      const used = await transaction
        .deleteFrom('registrations')
        .where('email_key', '=', key)
        .where('site_id', '=', site)
        .returning('id')
        .execute();
      if (!used.some(({ id }) => id === row.id)) throw problem('link_invalid');
      const policy = await transaction
        .selectFrom('sites')
        .select('registration')
        .where('id', '=', site)
        .forShare()
        .executeTakeFirst();
      if (policy?.registration !== 'open') throw problem('registration_closed');
      const done = await proof.prove(transaction, { email, key }, credentials);
      const granted = await joinSite(transaction, { user: done.user, site, roles: REGISTERED_ROLES, at });
      const event = { action: 'user.verify', site, target: done.user } as const;
      await audit.append(
        transaction,
        { ...by, subject: done.user },
        { ...event, details: { account: done.account, granted } },
      );
      return done;
    });
    if (proved.account === 'taken_over') await proof.endSessions(proved.user);
    return { email, site };
  }

  async function useVerification(claims: LinkClaims, choice: Choice, by: Actor): Promise<Verified> {
    const user = await findUser(database, claims);
    const credentials = await proof.read(user.email, choice, await wordsOfSites(database, user.id));
    await database.transaction().execute(async (transaction) => {
      await lockAddress(transaction, user.key);
      await findUser(transaction, claims);
      await proof.replaceCredentials(transaction, user.id, credentials);
      const event = { action: 'user.verify', target: user.id, details: { account: 'taken_over' } } as const;
      await audit.append(transaction, { ...by, subject: user.id }, event);
    });
    await proof.endSessions(user.id);
    return { email: user.email, site: undefined };
  }

  return {
    details: async (token) => {
      const claims = await linkTokens.verify('emailVerification', token);
      if (!claims.isRegistration) return linkDetails(await findUser(database, claims));
      const { row, account } = await findRegistration(claims);
      return linkDetails(account, row);
    },
    verify: async (token, choice, by) => {
      const claims = await linkTokens.verify('emailVerification', token);
      return refusingTaken(() =>
        claims.isRegistration ? useRegistration(claims, choice, by) : useVerification(claims, choice, by),
      );
    },
  };
}
