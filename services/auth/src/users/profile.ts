import { plainText } from '@gaia/http-service/route-schemas';
import { type Static, Type } from 'typebox';
import type { User } from './user.ts';

/** What users see of their own account; with every token of a session, so that its client need not ask for it. */
export type UserProfile = Pick<User, 'id' | 'email' | 'emailVerified' | 'username' | 'name' | 'administrator'>;

export const ProfileResponse = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    email_verified: Type.Boolean(),
    username: Type.Union([Type.String(), Type.Null()]),
    name: plainText({ maxLength: 200 }),
    administrator: Type.Boolean(),
  },
  { title: 'Profile' },
);

export function profileResponse(user: UserProfile): Static<typeof ProfileResponse> {
  const { id, email, emailVerified, username, name, administrator } = user;
  return { id, email, email_verified: emailVerified, username, name, administrator };
}
