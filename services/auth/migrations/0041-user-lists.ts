import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/**
 * Lists of users stay fast at a million: an index for each order, one for each state that few are in, and trigrams over all
 * names of a user. Addresses are kept in ASCII; the text to search has their domains in Unicode too (RFC 3492), so that a
 * part of one is found as people type it.
 */
export const userLists: Migration = {
  name: '0041-user-lists',
  up: async (db) => {
    await sql`
      create function unicode_label(label text) returns text language plpgsql immutable strict as $$
      declare
        input text := substr(label, 5);
        dash integer := length(input) - position('-' in reverse(input)) + 1;
        points integer[] := '{}';
        place integer := 1;
        code bigint := 128;
        i bigint := 0;
        bias bigint := 72;
        before bigint;
        weight bigint;
        step bigint;
        digit bigint;
        threshold bigint;
        delta bigint;
        size integer;
      begin
        if label not like 'xn--%' then return label; end if;
        if position('-' in input) > 0 then
          for at in 1 .. dash - 1 loop points := points || ascii(substr(input, at, 1)); end loop;
          place := dash + 1;
        end if;
        while place <= length(input) loop
          before := i; weight := 1; step := 36;
          loop
            digit := position(substr(input, place, 1) in 'abcdefghijklmnopqrstuvwxyz0123456789') - 1;
            if place > length(input) or digit < 0 then return label; end if;
            place := place + 1;
            i := i + digit * weight;
            threshold := least(26, greatest(1, step - bias));
            exit when digit < threshold;
            weight := weight * (36 - threshold);
            step := step + 36;
          end loop;
          size := coalesce(array_length(points, 1), 0) + 1;
          delta := (i - before) / case when before = 0 then 700 else 2 end;
          delta := delta + delta / size;
          step := 0;
          while delta > 455 loop delta := delta / 35; step := step + 36; end loop;
          bias := step + 36 * delta / (delta + 38);
          code := code + i / size;
          i := i % size;
          points := points[1 : i] || code::integer || points[i + 1 :];
          i := i + 1;
        end loop;
        return (select string_agg(chr(point), '' order by n) from unnest(points) with ordinality as p (point, n));
      exception when others then
        return label;
      end $$`.execute(db);
    await sql`
      create function unicode_address(address text) returns text language sql immutable strict
      set search_path from current as $$
        select split_part(address, '@', 1) || '@' || string_agg(unicode_label(label), '.' order by n)
        from regexp_split_to_table(split_part(address, '@', 2), '\\.') with ordinality as labels (label, n)
      $$`.execute(db);
    await sql`
      alter table users add column search_text text not null generated always as (
        email_key || ' ' || case when email_key like '%xn--%' then unicode_address(email_key) || ' ' else '' end
        || coalesce(username_key, '') || ' ' || lower(name)
      ) stored`.execute(db);
    await sql`create index users_search_idx on users using gin (search_text public.gin_trgm_ops)`.execute(db);
    await sql`create index users_name_idx on users (lower(name), id)`.execute(db);
    await sql`create index users_administrator_idx on users (id) where administrator`.execute(db);
    await sql`create index users_disabled_idx on users (id) where disabled`.execute(db);
    await sql`
      create index users_unverified_idx on users (id) where email_verified_at is null and not disabled`.execute(db);
  },
};
