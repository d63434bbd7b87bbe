import { randomUUIDv7 } from 'node:crypto';
import { tokenPurposes } from '@gaia/tokens/purposes';
import type { Kysely, Transaction } from 'kysely';
import { permissionsOfRoles } from '../access/roles.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../mail/outbox.ts';
import { type Page, type PageRequest, pageOf } from '../pagination/page.ts';
import { type Caller, requireHolds } from '../permissions/permissions.ts';
import { ofKnownSite } from '../sites/existing-site.ts';
import { type MailThrottle, requireAllowed } from '../throttling/mail-throttle.ts';
import { lockAddress } from '../users/address-lock.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { isUserId } from '../users/user.ts';
import { invalidBody } from '../validation.ts';

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface Invitations {
  /**
   * Invites a person to a site; earlier invitations of the same address stay open.
   * Throws site_not_found, registration_closed, forbidden for roles above the caller's, validation_failed, already_member,
   * too_many_invitations, rate_limited.
   */
  create(
    caller: Caller,
    by: Actor,
    site: string,
    invitation: { readonly email: string; readonly roles: readonly string[] },
  ): Promise<Invitation>;
  /** Throws site_not_found. */
  list(site: string, request: PageRequest): Promise<Page<Invitation>>;
  /** Throws invitation_not_found. */
  revoke(by: Actor, site: string, id: string): Promise<void>;
}

export interface InvitationsOptions {
  readonly database: Kysely<AuthTables>;
  readonly throttle: MailThrottle;
  readonly outbox: Outbox;
  readonly audit: Audit;
  now(): number;
}

const columns = ['id', 'email', 'roles', 'created_at as createdAt', 'expires_at as expiresAt'] as const;

/** Of one address at one site. */
const MAX_OPEN = 10;

export function createInvitations(options: InvitationsOptions): Invitations {
  const { database, throttle, outbox, audit, now } = options;
  return {
    create: async (caller, by, site, { email: given, roles: wanted }) => {
      const email = readEmailAddress(given);
      if (email === undefined) throw invalidBody('email', 'is not an e-mail address');
      const roles = [...new Set(wanted)].sort();
      // Every site has its own limit, so that the invitations of one keep nobody from those of another.
      await requireAllowed(throttle, { mailbox: email.key, address: `site ${site}`, scope: site });
      const invitation = await database.transaction().execute(async (transaction) => {
        await lockAddress(transaction, email.key);
        const found = await transaction
          .selectFrom('sites')
          .select('registration')
          .where('id', '=', site)
          .executeTakeFirst();
        if (found === undefined) throw problem('site_not_found');
        if (found.registration === 'closed') throw problem('registration_closed');
        requireHolds(caller, await permissionsOfRoles(transaction, site, roles));
        await requireNoMember(transaction, site, email.key);
        const at = now();
        await requireFewOpen(transaction, site, email.key, at);
        const made = await transaction
          .insertInto('invitations')
          .values({
            id: randomUUIDv7(),
            site_id: site,
            email: email.address,
            email_key: email.key,
            roles,
            invited_by: isUserId(caller.subject) ? caller.subject : null,
            created_at: new Date(at),
            expires_at: new Date(at + tokenPurposes.invitation.lifetimeSeconds * 1_000),
          })
          .returning(columns)
          .executeTakeFirstOrThrow();
        await outbox.add(transaction, by, { kind: 'invitation', invitation: made.id });
        await audit.append(transaction, by, { action: 'invitation.create', site, target: made.id, details: { roles } });
        return made;
      });
      outbox.wake();
      return invitation;
    },
    list: async (site, { limit, after, like }) => {
      let query = database
        .selectFrom('invitations')
        .select(columns)
        .where('site_id', '=', site)
        .where('expires_at', '>', new Date(now()))
        .orderBy('id')
        .limit(limit + 1);
      if (after !== undefined) query = query.where('id', '>', after);
      if (like !== undefined) query = query.where('email_key', 'like', like);
      return pageOf(await ofKnownSite(database, site, await query.execute()), limit, (row) => row.id);
    },
    revoke: async (by, site, id) => {
      await database.transaction().execute(async (transaction) => {
        const gone = await transaction
          .deleteFrom('invitations')
          .where('site_id', '=', site)
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        if (gone === undefined) throw problem('invitation_not_found');
        await audit.append(transaction, by, { action: 'invitation.revoke', site, target: id });
      });
    },
  };
}

/** Roles of a present member are set, not offered. Throws already_member. */
async function requireNoMember(transaction: Transaction<AuthTables>, site: string, emailKey: string): Promise<void> {
  const member = await transaction
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select('users.id')
    .where('memberships.site_id', '=', site)
    .where('users.email_key', '=', emailKey)
    .executeTakeFirst();
  if (member === undefined) return;
  throw problem('already_member', {
    detail: `PUT /auth/sites/${site}/members/${member.id} sets the roles of a member.`,
  });
}

/** Throws too_many_invitations. */
async function requireFewOpen(transaction: Transaction<AuthTables>, site: string, emailKey: string, at: number) {
  const { open } = await transaction
    .selectFrom('invitations')
    .select(({ fn }) => fn.countAll<string>().as('open'))
    .where('email_key', '=', emailKey)
    .where('site_id', '=', site)
    .where('expires_at', '>', new Date(at))
    .executeTakeFirstOrThrow();
  if (Number(open) >= MAX_OPEN) throw problem('too_many_invitations');
}
