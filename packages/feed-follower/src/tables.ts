import { type Kysely, sql } from 'kysely';

/**
 * Makes the tables that following the feed needs in the schema of a service: how far it got, and the replicas of access
 * classes and entitlements as `@gaia/policy/access-sql` asks them. For a migration, so it is never changed: what comes
 * later is a function of its own. A `progress` table of before is taken over, and its service starts over.
 */
export async function createFeedTables<DB>(database: Kysely<DB>): Promise<void> {
  await sql`
    create table if not exists progress (
      id integer primary key default 1 check (id = 1),
      feed_cursor text not null default '',
      applied_seq bigint not null default 0,
      head_seq bigint not null default 0,
      generation integer not null default 1,
      rebuilding boolean not null default false,
      caught_up_at timestamptz
    )`.execute(database);
  await sql`
    alter table progress
      add column events_applied bigint not null default 0,
      add column events_expected bigint,
      add column rebuild_started_at timestamptz,
      add column rebuild_finished_at timestamptz`.execute(database);
  await sql`insert into progress default values on conflict do nothing`.execute(database);
  await sql`
    update progress
    set feed_cursor = '', applied_seq = 0, head_seq = 0, generation = generation + 1, rebuilding = true
    where feed_cursor <> ''`.execute(database);
  await sql`
    create table access_classes (
      site text not null,
      id integer not null,
      kind text not null,
      names text[] not null,
      generation integer not null,
      primary key (site, id)
    )`.execute(database);
  await sql`
    create table entitlements (
      site text not null,
      subject text not null,
      product text not null,
      held boolean not null,
      generation integer not null,
      primary key (site, subject, product)
    )`.execute(database);
}
