import type { SiteRole } from '@gaia/tokens/scopes';
import { Type } from 'typebox';
import { roleNames } from '../access/site-access.ts';
import { SiteId } from '../sites/schemas.ts';
import { USER_ID_PATTERN } from '../users/user.ts';
import type { Member } from './members.ts';

export const MembersParams = Type.Object({ site: SiteId });

export const MemberParams = Type.Object({ site: SiteId, user: Type.String({ pattern: USER_ID_PATTERN }) });

export const RolesBody = Type.Object(
  {
    roles: Type.Array(Type.Unsafe<SiteRole>({ type: 'string', enum: [...roleNames] }), {
      minItems: 1,
      maxItems: roleNames.length,
      uniqueItems: true,
    }),
  },
  { additionalProperties: false },
);

export const MemberAnswer = Type.Object({
  user: Type.Object({
    id: Type.String(),
    email: Type.String(),
    username: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
  }),
  roles: Type.Array(Type.String()),
  created_at: Type.String(),
});

export function memberAnswer({ user, roles, createdAt }: Member) {
  return { user: { ...user }, roles: [...roles], created_at: createdAt.toISOString() };
}
