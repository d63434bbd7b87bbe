import { sql } from 'kysely';
import type { UserProfile } from '../users/profile.ts';
import { ownPermissions } from './own-permissions.ts';
import type { AccessFacts } from './site-access.ts';

/** What `accessColumns` give. */
export interface AccessRow extends Omit<UserProfile, 'id' | 'emailVerified'> {
  readonly user_id: string;
  readonly email_verified: boolean;
  readonly site: string | null;
  readonly roles: string[] | null;
  readonly permissions: string[] | null;
}

/** Columns of who a user is, and what on a site, in a statement with `accessJoins`. */
export const accessColumns = sql`
  users.id as user_id, users.email, users.email_verified_at is not null as email_verified, users.username, users.name,
  users.administrator, sites.id as site, memberships.roles, ${ownPermissions}`;

/** Joins the site that `asked.site_id` names, and the membership of `users` there, where there are such. */
export const accessJoins = sql`
  left join sites on sites.id = asked.site_id
  left join memberships on memberships.user_id = users.id and memberships.site_id = sites.id`;

export function accessFactsOf({ administrator, site, roles, permissions }: AccessRow): AccessFacts {
  return {
    administrator,
    site: site ?? undefined,
    roles: roles ?? undefined,
    permissions: permissions ?? undefined,
  };
}

export function profileOf({ user_id, email, email_verified, username, name, administrator }: AccessRow): UserProfile {
  return { id: user_id, email, emailVerified: email_verified, username, name, administrator };
}
