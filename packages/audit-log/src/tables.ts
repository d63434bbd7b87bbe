import { type ColumnType, type Kysely, sql } from 'kysely';

/** Written by the function `audit_append` alone; all columns after `hash` are made of `entry`. */
export interface AuditLogTable {
  seq: ColumnType<number, never, never>;
  /** The JSON text that is chained. */
  entry: ColumnType<string, never, never>;
  hash: ColumnType<Buffer, never, never>;
  /** Milliseconds since the epoch. */
  at: ColumnType<number, never, never>;
  action: ColumnType<string, never, never>;
  outcome: ColumnType<string, never, never>;
  actor: ColumnType<string | null, never, never>;
  site: ColumnType<string | null, never, never>;
  target: ColumnType<string | null, never, never>;
}

export interface AuditHeadTable {
  seq: ColumnType<number, never, never>;
  hash: ColumnType<Buffer, never, never>;
  forgotten_seq: ColumnType<number, never, never>;
  forgotten_hash: ColumnType<Buffer, never, never>;
}

/** Tables of a service with an audit log. */
export interface AuditTables {
  audit_log: AuditLogTable;
  audit_head: AuditHeadTable;
}

/**
 * Makes the tables of the audit log: `entry` is the text that is hashed, and the columns to search by are made of it, so
 * that what is found is always what was chained. One row of `audit_head` is the lock, the head of the chain and the end
 * that was forgotten. For a migration, so it is never changed: what comes later is a function of its own.
 */
export async function createAuditTables<DB>(database: Kysely<DB>): Promise<void> {
  await sql`
    create table audit_log (
      seq bigint primary key,
      entry text not null,
      hash bytea not null,
      at bigint not null generated always as (((entry::jsonb) ->> 'at')::bigint) stored,
      action text not null generated always as ((entry::jsonb) ->> 'action') stored,
      outcome text not null generated always as ((entry::jsonb) ->> 'outcome') stored,
      actor text generated always as ((entry::jsonb) ->> 'actor') stored,
      site text generated always as ((entry::jsonb) ->> 'site') stored,
      target text generated always as ((entry::jsonb) ->> 'target') stored
    )`.execute(database);
  for (const column of ['site', 'actor', 'target', 'action']) {
    await sql`create index ${sql.id(`audit_log_${column}_idx`)} on audit_log (${sql.id(column)}, seq)`.execute(
      database,
    );
  }
  await sql`create index audit_log_at_idx on audit_log (at)`.execute(database);
  await sql`
    create table audit_head (
      only_row boolean primary key default true check (only_row),
      seq bigint not null,
      hash bytea not null,
      forgotten_seq bigint not null,
      forgotten_hash bytea not null
    )`.execute(database);
  await sql`
    insert into audit_head (seq, hash, forgotten_seq, forgotten_hash)
    values (0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'))`.execute(database);
  await sql`
    create function audit_append(entries text[]) returns void language plpgsql set search_path from current as $$
    declare
      head audit_head;
      next_entry text;
    begin
      select * into strict head from audit_head for update;
      foreach next_entry in array entries loop
        head.seq := head.seq + 1;
        head.hash := sha256(head.hash || convert_to(head.seq::text || E'\\n' || next_entry, 'UTF8'));
        insert into audit_log (seq, entry, hash) values (head.seq, next_entry, head.hash);
      end loop;
      update audit_head set seq = head.seq, hash = head.hash;
    end $$`.execute(database);
  // Only whole beginnings are forgotten, and the hash before the first row that is left stays known.
  await sql`
    create function audit_forget(before_ms bigint) returns bigint language plpgsql set search_path from current as $$
    declare
      head audit_head;
      last_forgotten bigint;
      removed bigint;
    begin
      select * into strict head from audit_head for update;
      select coalesce(min(seq) - 1, head.seq) into last_forgotten from audit_log where at >= before_ms;
      if last_forgotten <= head.forgotten_seq then return 0; end if;
      update audit_head set forgotten_seq = last_forgotten,
        forgotten_hash = (select hash from audit_log where seq = last_forgotten);
      perform set_config('gaia.audit_forgetting', 'on', true);
      delete from audit_log where seq <= last_forgotten;
      get diagnostics removed = row_count;
      perform set_config('gaia.audit_forgetting', 'off', true);
      return removed;
    end $$`.execute(database);
  await sql`
    create function audit_refuse_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and current_setting('gaia.audit_forgetting', true) = 'on' then return old; end if;
      raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
    end $$`.execute(database);
  await sql`
    create trigger audit_log_append_only before update or delete on audit_log
    for each row execute function audit_refuse_change()`.execute(database);
  await sql`
    create trigger audit_log_no_truncate before truncate on audit_log
    for each statement execute function audit_refuse_change()`.execute(database);
  await sql`
    create trigger audit_head_stays before delete or truncate on audit_head
    for each statement execute function audit_refuse_change()`.execute(database);
}

/**
 * Makes the table of events that are committed with their change and not chained yet, and the function that chains the
 * oldest of them. For a migration of a service whose changes must not wait for each other at the head of the chain.
 */
export async function createPendingAuditTable<DB>(database: Kysely<DB>): Promise<void> {
  await sql`
    create table audit_pending (
      id bigint generated always as identity primary key,
      entry text not null
    )`.execute(database);
  // The head is locked first: replicas chain one after the other, each what the others have left.
  await sql`
    create function audit_chain_pending(most integer) returns integer language plpgsql set search_path from current as $$
    declare
      entries text[];
    begin
      perform from audit_head for update;
      perform set_config('gaia.audit_forgetting', 'on', true);
      with chained as (
        delete from audit_pending where id in (select id from audit_pending order by id limit most) returning id, entry
      )
      select array_agg(entry order by id) into entries from chained;
      perform set_config('gaia.audit_forgetting', 'off', true);
      if entries is null then return 0; end if;
      perform audit_append(entries);
      return cardinality(entries);
    end $$`.execute(database);
  await sql`
    create trigger audit_pending_append_only before update or delete on audit_pending
    for each row execute function audit_refuse_change()`.execute(database);
  await sql`
    create trigger audit_pending_no_truncate before truncate on audit_pending
    for each statement execute function audit_refuse_change()`.execute(database);
}
