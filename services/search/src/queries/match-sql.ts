import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ParsedQuery, Phrase, Term } from './query-text.ts';
import { hasPhrases, looseTsquery, phraseText, siteTsquery, titleTsquery, toTsquery } from './tsquery.ts';

/**
 * Whether a document (table alias `d`) of the site matches. The words of all documents are in their own vector; phrases of a long
 * one are in its passages as well, which are looked at only where all words are there.
 */
export function matchSql(query: ParsedQuery, site: string): RawBuilder<SqlBool> {
  const exact = siteTsquery(site, toTsquery(query));
  if (!hasPhrases(query)) return sql<SqlBool>`d.search @@ ${exact}::tsquery`;
  const groups = query.groups.map((group) => sql`(${sql.join(group.map(termSql), sql` and `)})`);
  return sql<SqlBool>`d.search @@ ${siteTsquery(site, looseTsquery(query))}::tsquery
    and case when d.long then ${sql.join(groups, sql` or `)} else d.search @@ ${exact}::tsquery end`;
}

/** The same with every word that is wanted in the title; undefined if nothing is wanted. */
export function titleMatchSql(query: ParsedQuery, site: string): RawBuilder<SqlBool> | undefined {
  const title = titleTsquery(query);
  if (title === undefined) return undefined;
  return sql<SqlBool>`d.search @@ ${siteTsquery(site, title)}::tsquery and ${matchSql(query, site)}`;
}

function termSql({ alternatives, negated }: Term): RawBuilder<SqlBool> {
  const any = sql<SqlBool>`(${sql.join(alternatives.map(phraseSql), sql` or `)})`;
  return negated ? sql<SqlBool>`not ${any}` : any;
}

function phraseSql(phrase: Phrase): RawBuilder<SqlBool> {
  const tsquery = phraseText(phrase);
  const here = sql<SqlBool>`d.search @@ ${tsquery}::tsquery`;
  if (phrase.length === 1) return here;
  return sql<SqlBool>`(${here} or exists (
    select from passages p
    where p.site = d.site and p.entry = d.entry and p.edition = d.edition and p.search @@ ${tsquery}::tsquery))`;
}
