import { sql } from 'kysely';

/** Column: what the roles of a membership give that its site has made itself; null for none. */
export const ownPermissions = sql<string[] | null>`(
  select array_agg(distinct permission order by permission)
  from roles, unnest(roles.permissions) as permission
  where roles.site_id = memberships.site_id and roles.name = any (memberships.roles)
)`.as('permissions');
