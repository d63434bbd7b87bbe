import { isTexts, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Page } from '../pagination/page.ts';
import { ofKnownSite } from '../sites/existing-site.ts';
import { readEmailAddress } from '../users/email-address.ts';
import { isUserId, nameLike, type User, userColumns } from '../users/user.ts';
import { invalid } from '../validation.ts';

export const userSorts = ['created_at', '-created_at', 'email', '-email', 'name', '-name'] as const;
export type UserSort = (typeof userSorts)[number];

/** `active`: enabled, with a proved address; `unverified`: enabled, without one. */
export const userStates = ['active', 'unverified', 'disabled'] as const;
export type UserState = (typeof userStates)[number];

export interface UserFilter {
  /** Pattern for LIKE, lower case. */
  readonly like: string | undefined;
  /** As it was typed; compared as addresses are. */
  readonly email: string | undefined;
  /** Only members of this site, each with their roles there. */
  readonly site: string | undefined;
  /** Held on the site, or on any if none is named. */
  readonly role: string | undefined;
  readonly state: UserState | undefined;
  readonly administrator: boolean | undefined;
}

export interface UserListRequest extends UserFilter {
  readonly sort: UserSort;
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface ListedUser extends User {
  /** On the site that the list is of. */
  readonly roles?: readonly string[];
}

/** Ids are made in the order of time (RFC 9562 §5.7), so that they are the order of creation. */
const keys: Readonly<Record<string, RawBuilder<string>>> = {
  created_at: sql`users.id::text`,
  email: sql`users.email_key`,
  name: sql`lower(users.name)`,
};

const states: Readonly<Record<UserState, RawBuilder<boolean>>> = {
  active: sql`(users.email_verified_at is not null and not users.disabled)`,
  unverified: sql`(users.email_verified_at is null and not users.disabled)`,
  disabled: sql`users.disabled`,
};

/** A page of users. Throws site_not_found, invalid_cursor; validation_failed for what is no address. */
export async function listUsers(database: Kysely<AuthTables>, request: UserListRequest): Promise<Page<ListedUser>> {
  const { sort, limit, site } = request;
  const name = sort.replace('-', '');
  const isDescending = sort.startsWith('-');
  const key = keys[name] ?? sql`users.id::text`;
  const after = readPosition(request.cursor, sort);
  const direction = isDescending ? 'desc' : 'asc';
  const conditions = conditionsOf(request);
  if (after !== undefined) {
    const comparison = sql.raw(isDescending ? '<' : '>');
    conditions.push(
      name === 'created_at'
        ? sql<boolean>`users.id ${comparison} ${after.id}::uuid`
        : sql<boolean>`(${key}, users.id) ${comparison} (${after.key}, ${after.id}::uuid)`,
    );
  }
  let query = database
    .selectFrom('users')
    .select(userColumns)
    .select(key.as('key'))
    .limit(limit + 1);
  if (name !== 'created_at') query = query.orderBy(key, direction);
  query = query.orderBy('users.id', direction);
  for (const condition of conditions) query = query.where(condition);
  if (site === undefined) return pageOfRows(await query.execute(), limit, sort);
  const rows = await query
    .innerJoin('memberships', 'memberships.user_id', 'users.id')
    .select('memberships.roles')
    .where('memberships.site_id', '=', site)
    .execute();
  return pageOfRows(await ofKnownSite(database, site, rows), limit, sort);
}

function conditionsOf({ like, email, site, role, state, administrator }: UserFilter): RawBuilder<boolean>[] {
  const conditions: RawBuilder<boolean>[] = [];
  if (like !== undefined) conditions.push(nameLike(like));
  if (email !== undefined) {
    const address = readEmailAddress(email);
    if (address === undefined) throw invalid('/query/email', 'is not an e-mail address');
    conditions.push(sql`users.email_key = ${address.key}`);
  }
  if (role !== undefined) {
    conditions.push(
      site === undefined
        ? sql`exists (select from memberships m where m.user_id = users.id and m.roles @> array[${role}]::text[])`
        : sql`memberships.roles @> array[${role}]::text[]`,
    );
  }
  if (state !== undefined) conditions.push(states[state]);
  if (administrator !== undefined)
    conditions.push(administrator ? sql`users.administrator` : sql`not users.administrator`);
  return conditions;
}

function pageOfRows(rows: readonly (ListedUser & { key: string })[], limit: number, sort: UserSort): Page<ListedUser> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return {
    items: items.map(({ key: _, ...user }) => user),
    nextCursor: isMore ? writeCursor([sort, sort.endsWith('created_at') ? '' : last.key, last.id]) : null,
  };
}

function readPosition(cursor: string | undefined, sort: UserSort): { key: string; id: string } | undefined {
  const [of, key = '', id = ''] = readCursor(cursor, isTexts(3)) ?? [];
  if (of === undefined) return undefined;
  if (of !== sort || !isUserId(id)) throw problem('invalid_cursor');
  return { key, id };
}
