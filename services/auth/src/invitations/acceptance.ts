import { type Kysely, sql } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { PasswordStrength } from '../passwords/strength.ts';
import type { LinkTokens } from '../recovery/link-tokens.ts';
import { joinSite } from '../registration/join-site.ts';
import { unusable } from '../users/unusable.ts';
import { uuidV7 } from '../users/user-id.ts';
import { insertUser, readNewUser, refusingTaken } from '../users/users.ts';

export interface InvitedUser {
  readonly password?: string | undefined;
  readonly name?: string | undefined;
  readonly username?: string | undefined;
}

export interface InvitationDetails {
  readonly email: string;
  readonly site: string;
  readonly siteName: string;
  readonly hasAccount: boolean;
}

export interface Acceptance {
  /** What the holder of a link is invited to; uses nothing up. Throws link_invalid, link_expired. */
  details(token: string): Promise<InvitationDetails>;
  /**
   * Makes the invited a member, and a user if the address has none. Throws link_invalid, link_expired, registration_closed,
   * username_taken, password_too_weak, and validation_failed where a new user gives no password.
   */
  accept(token: string, user: InvitedUser, by: Origin): Promise<{ email: string; site: string }>;
}

export interface AcceptanceOptions {
  readonly database: Kysely<AuthTables>;
  readonly linkTokens: Pick<LinkTokens, 'verify'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: Pick<PasswordStrength, 'require'>;
  readonly audit: Audit;
  now(): number;
  randomBytes(size: number): Buffer;
}

export function createAcceptance(options: AcceptanceOptions): Acceptance {
  const { database, linkTokens, passwords, strength, audit, now, randomBytes } = options;

  async function find(token: string) {
    const { subject, email } = await linkTokens.verify('invitation', token);
    const row = await database
      .selectFrom('invitations')
      .innerJoin('sites', 'sites.id', 'invitations.site_id')
      .leftJoin('users', 'users.email_key', 'invitations.email_key')
      .select(['invitations.id', 'invitations.email', 'invitations.email_key', 'sites.id as site', 'sites.name'])
      .select(['users.id as user', 'users.disabled'])
      .where('invitations.id', '=', subject)
      .where('invitations.email_key', '=', email ?? '')
      .where('invitations.expires_at', '>', new Date(now()))
      .executeTakeFirst();
    if (row === undefined || row.disabled) throw problem('link_invalid');
    return row;
  }

  return {
    details: async (token) => {
      const { email, site, name, user } = await find(token);
      return { email, site, siteName: name, hasAccount: user !== null };
    },
    accept: async (token, given, by) => {
      const invitation = await find(token);
      const { email, site } = invitation;
      let newUser: (ReturnType<typeof readNewUser> & { password_hash: string }) | undefined;
      if (invitation.user === null) {
        const { password, name, username } = given;
        if (password === undefined) throw unusable('password', 'is needed for a new account');
        const row = readNewUser({ email, name, username, password });
        await strength.require(password, [row.email, row.username, row.name, invitation.name]);
        newUser = { ...row, password_hash: await passwords.hash(password) };
      }
      await refusingTaken(() =>
        database.transaction().execute(async (transaction) => {
          const at = new Date(now());
          // One statement takes it away: of many uses at the same time one finds it.
          const used = await transaction
            .deleteFrom('invitations')
            .where('id', '=', invitation.id)
            .returning('roles')
            .executeTakeFirst();
          if (used === undefined) throw problem('link_invalid');
          const policy = await transaction
            .selectFrom('sites')
            .select('registration')
            .where('id', '=', site)
            .executeTakeFirst();
          if (policy === undefined || policy.registration === 'closed') throw problem('registration_closed');
          let user = invitation.user;
          if (newUser !== undefined) {
            const made = await insertUser(transaction, {
              ...newUser,
              id: uuidV7(at.getTime(), randomBytes(10)),
              administrator: false,
              email_verified_at: at,
              created_at: at,
              updated_at: at,
            });
            user = made.id;
          }
          if (user === null) throw problem('link_invalid');
          await transaction
            .updateTable('users')
            .set({ email_verified_at: sql`coalesce(email_verified_at, ${at})` })
            .where('id', '=', user)
            .execute();
          await joinSite(transaction, { user, site, roles: used.roles, at });
          const event = { action: 'invitation.accept', site, target: user } as const;
          await audit.append(transaction, { ...by, subject: user }, { ...event, details: { roles: used.roles } });
        }),
      );
      return { email, site };
    },
  };
}
