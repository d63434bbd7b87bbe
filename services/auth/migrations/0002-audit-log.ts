import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/**
 * The audit log: `entry` is the text that is hashed, and the columns to search by are made of it, so that what is found
 * is always what was chained. One row of `audit_head` is the lock, the head of the chain and the end that was forgotten.
 */
export const auditLog: Migration = {
  name: '0002-audit-log',
  up: async (db) => {
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
      )`.execute(db);
    for (const column of ['site', 'actor', 'target', 'action']) {
      await sql`create index ${sql.id(`audit_log_${column}_idx`)} on audit_log (${sql.id(column)}, seq)`.execute(db);
    }
    await sql`create index audit_log_at_idx on audit_log (at)`.execute(db);
    await sql`
      create table audit_head (
        only_row boolean primary key default true check (only_row),
        seq bigint not null,
        hash bytea not null,
        forgotten_seq bigint not null,
        forgotten_hash bytea not null
      )`.execute(db);
    await sql`
      insert into audit_head (seq, hash, forgotten_seq, forgotten_hash)
      values (0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'))`.execute(db);
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
      end $$`.execute(db);
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
      end $$`.execute(db);
    await sql`
      create function audit_refuse_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' and current_setting('gaia.audit_forgetting', true) = 'on' then return old; end if;
        raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
      end $$`.execute(db);
    await sql`
      create trigger audit_log_append_only before update or delete on audit_log
      for each row execute function audit_refuse_change()`.execute(db);
    await sql`
      create trigger audit_log_no_truncate before truncate on audit_log
      for each statement execute function audit_refuse_change()`.execute(db);
    await sql`
      create trigger audit_head_stays before delete or truncate on audit_head
      for each statement execute function audit_refuse_change()`.execute(db);
  },
};
