import { type RawBuilder, sql } from 'kysely';

/** A user as administrators see one; never with anything of the password. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string;
  readonly administrator: boolean;
  readonly disabled: boolean;
  readonly createdAt: Date;
}

const emailVerified = sql<boolean>`users.email_verified_at is not null`.as('emailVerified');

/** Columns of `users` that make a User. */
export const userColumns = [
  'users.id',
  'users.email',
  emailVerified,
  'users.username',
  'users.name',
  'users.administrator',
  'users.disabled',
  'users.created_at as createdAt',
] as const;

const uuidSyntax = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text can be a user's id, so that no other reaches the database. */
export function isUserId(text: string): boolean {
  return uuidSyntax.test(text);
}

export const USER_ID_PATTERN = uuidSyntax.source;

/** Text in the address, its domain as it is typed or in ASCII, or in any of the names; without regard to case. */
export function nameLike(like: string): RawBuilder<boolean> {
  return sql`users.search_text like ${like}`;
}
