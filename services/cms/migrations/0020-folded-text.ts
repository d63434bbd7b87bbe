import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

/**
 * Combining marks that people omit when they search: of every script's letters in general, and the points of Hebrew,
 * Arabic and Syriac. Vowel signs of the scripts of India and South-East Asia are letters to their readers and stay.
 */
const MARKS =
  '[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670' +
  '\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff' +
  '\ufe20-\ufe2f]';

/** Named, so that every database gives the same: what is stored of these must stay true after a restore. The first that is there. */
const COLLATIONS = ['pg_c_utf8', 'und-x-icu', 'default'];

const statements = (collation: string) => [
  sql`create function fold_text(value text) returns text language sql immutable strict parallel safe
    return normalize(replace(replace(replace(replace(translate(
      lower(regexp_replace(normalize(value, NFKD), ${sql.lit(MARKS)}, '', 'g') collate ${sql.id(collation)}),
      'øđðłħıς', 'oddlhiσ'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), NFC)`,
  sql`create function text_key(value text) returns text language sql immutable strict parallel safe
    return left(replace(fold_text(left(value, 200)), chr(1), ''), 100) || chr(1) || left(value, 100)`,
];

export const foldedText: Migration = {
  name: '0020-folded-text',
  up: async (database) => {
    const { rows } = await sql<{ name: string }>`
      select collname as name from pg_collation where collname = any(${COLLATIONS}::text[])
        and collencoding in (-1, pg_char_to_encoding('UTF8'))
      order by array_position(${COLLATIONS}::text[], collname::text) limit 1`.execute(database);
    for (const statement of statements(rows[0]?.name ?? 'default')) await statement.execute(database);
  },
};
