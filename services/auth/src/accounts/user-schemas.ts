import { plainText, SiteId } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';
import { ROLE_NAME_PATTERN } from '../access/role-name.ts';
import { PageQuery } from '../pagination/page.ts';
import { PASSWORD_LENGTH } from '../passwords/passwords.ts';
import type { User } from '../users/user.ts';
import { USER_ID_PATTERN } from '../users/user.ts';
import { type ListedUser, type UserSort, type UserState, userSorts, userStates } from './user-list.ts';

export const UserParams = Type.Object({ user: Type.String({ pattern: USER_ID_PATTERN }) });

const Name = plainText({ maxLength: 200 });
export const Username = Type.String({ minLength: 2, maxLength: 64 });

export const NewUserBody = Type.Object(
  {
    email: Type.String({ minLength: 3, maxLength: 254 }),
    username: Type.Optional(Username),
    name: Type.Optional(Name),
    password: Type.Optional(
      Type.String({
        minLength: PASSWORD_LENGTH.min,
        maxLength: PASSWORD_LENGTH.max,
        description: 'Works until the user proves the address; without one, a link to choose it is mailed',
      }),
    ),
  },
  { additionalProperties: false },
);

export const UserChangesBody = Type.Object(
  {
    username: Type.Optional(Type.Union([Username, Type.Null()])),
    name: Type.Optional(Name),
    disabled: Type.Optional(Type.Boolean({ description: 'A disabled user’s sessions end at once' })),
    email: Type.Optional(
      Type.String({
        minLength: 3,
        maxLength: 254,
        description: 'Unproved until its owner follows the link that is mailed there; ends all sessions and links',
      }),
    ),
    email_verified: Type.Optional(
      Type.Literal(false, { description: 'The address has to be proved anew; only its owner can' }),
    ),
    administrator: Type.Optional(
      Type.Boolean({ description: 'Whether the user administers the installation; needs a verified address' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const ForceQuery = Type.Object(
  {
    force: Type.Optional(
      Type.Boolean({
        description: 'Do it also where it leaves a site without an owner; administrators own every site',
      }),
    ),
  },
  { additionalProperties: false },
);

export const UserResponse = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    email_verified: Type.Boolean(),
    username: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
    administrator: Type.Boolean(),
    disabled: Type.Boolean(),
    created_at: Type.String(),
  },
  { title: 'User' },
);

export const UsersQuery = Type.Object(
  {
    ...PageQuery.properties,
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2_048, description: '`next_cursor` of the page before' }),
    ),
    email: Type.Optional(
      Type.String({ minLength: 3, maxLength: 254, description: 'The user of exactly this address' }),
    ),
    site: Type.Optional(SiteId),
    role: Type.Optional(
      Type.String({ pattern: ROLE_NAME_PATTERN, description: 'Held on the site, or on any if none is named' }),
    ),
    state: Type.Optional(
      Type.Unsafe<UserState>({
        type: 'string',
        enum: [...userStates],
        description: '`active` and `unverified` are enabled, with and without a proved address',
      }),
    ),
    administrator: Type.Optional(Type.Boolean()),
    sort: Type.Unsafe<UserSort>({ type: 'string', enum: [...userSorts], default: 'created_at' }),
  },
  { additionalProperties: false },
);

export const ListedUserResponse = Type.Object(
  {
    ...UserResponse.properties,
    roles: Type.Optional(Type.Array(Type.String(), { description: 'On the site that the list is of' })),
  },
  { title: 'ListedUser' },
);

export function listedUserResponse(user: ListedUser) {
  return { ...userResponse(user), ...(user.roles !== undefined && { roles: [...user.roles] }) };
}

export function userResponse(user: User) {
  const { id, email, emailVerified, username, name, administrator, disabled, createdAt } = user;
  return {
    id,
    email,
    email_verified: emailVerified,
    username,
    name,
    administrator,
    disabled,
    created_at: createdAt.toISOString(),
  };
}
