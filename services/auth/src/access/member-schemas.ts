import { Type } from 'typebox';
import { SiteId } from '../sites/schemas.ts';
import { USER_ID_PATTERN } from '../users/user.ts';
import type { Member } from './members.ts';
import { ROLE_NAME_PATTERN } from './role-name.ts';

/** Of one member, so that its token stays small. */
export const MAX_ROLES = 16;

export const MembersParams = Type.Object({ site: SiteId });

export const MemberParams = Type.Object({ site: SiteId, user: Type.String({ pattern: USER_ID_PATTERN }) });

export const RolesBody = Type.Object(
  {
    roles: Type.Array(Type.String({ pattern: ROLE_NAME_PATTERN }), {
      minItems: 1,
      maxItems: MAX_ROLES,
      uniqueItems: true,
      description: 'Built-in roles, and those that the site has made',
    }),
  },
  { additionalProperties: false },
);

export const MemberResponse = Type.Object(
  {
    user: Type.Object({
      id: Type.String(),
      email: Type.String(),
      username: Type.Union([Type.String(), Type.Null()]),
      name: Type.String(),
    }),
    roles: Type.Array(Type.String()),
    created_at: Type.String(),
  },
  { title: 'Member' },
);

export function memberResponse({ user, roles, createdAt }: Member) {
  return { user: { ...user }, roles: [...roles], created_at: createdAt.toISOString() };
}
