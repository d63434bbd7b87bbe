import type { ComparableField } from '@gaia/feed-follower/events';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { SearchDatabase } from '../database.ts';

/** How values compare: texts and dates by code point, numbers as numbers, times as times. */
export type ValueKind = 'text' | 'number' | 'boolean' | 'time';

/** Something of a document (table alias `d`) that a filter or a sort can name. */
export interface ComparableValue {
  readonly name: string;
  readonly kind: ValueKind;
  readonly list: boolean;
  readonly facet: boolean;
  /** Null where the document has none of its kind. */
  readonly value: RawBuilder<unknown>;
  /** As it stands in the document, for lists and facets; undefined for members of every entry. */
  readonly json: RawBuilder<unknown> | undefined;
}

const members: readonly ComparableValue[] = [
  { name: 'author', kind: 'text', value: sql`d.author collate "C"` },
  { name: 'visibility', kind: 'text', value: sql`d.visibility collate "C"` },
  { name: 'updated_at', kind: 'time', value: sql`d.updated_at` },
  { name: 'published_at', kind: 'time', value: sql`d.published_at` },
].map((member) => ({ ...member, kind: member.kind as ValueKind, list: false, facet: false, json: undefined }));

/** What can be compared of entries of a type of the site, or of all types: members of every entry alone. */
export async function comparableValues(
  database: Kysely<SearchDatabase>,
  site: string,
  type: string | undefined,
): Promise<ReadonlyMap<string, ComparableValue>> {
  const row =
    type === undefined
      ? undefined
      : await database
          .selectFrom('types')
          .select('fields')
          .where('site', '=', site)
          .where('type', '=', type)
          .executeTakeFirst();
  const fields = (row?.fields ?? []).map(fieldValue);
  return new Map([...fields, ...members].map((value) => [value.name, value]));
}

function fieldValue({ name, type, list, facet }: ComparableField): ComparableValue {
  const json = sql`(d.fields -> ${name}::text)`;
  const text = sql`(d.fields ->> ${name}::text)`;
  const common = { name, list, facet, json };
  // A document that is not written anew yet may have a value of another kind under the name.
  switch (type) {
    case 'number':
      return {
        ...common,
        kind: 'number',
        value: sql`case jsonb_typeof(${json}) when 'number' then ${text}::numeric end`,
      };
    case 'decimal':
      return {
        ...common,
        kind: 'number',
        value: sql`case when jsonb_typeof(${json}) = 'string' and ${text} ~ '^-?[0-9]{1,40}([.][0-9]{1,40})?$'
          then ${text}::numeric end`,
      };
    case 'boolean':
      return {
        ...common,
        kind: 'boolean',
        value: sql`case jsonb_typeof(${json}) when 'boolean' then ${text}::boolean end`,
      };
    default:
      return {
        ...common,
        kind: 'text',
        value: sql`(case jsonb_typeof(${json}) when 'string' then ${text} end) collate "C"`,
      };
  }
}

const numberSyntax = /^-?\d{1,40}(?:\.\d{1,40})?$/;
const timeSyntax = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/;
const MAX_TEXT = 1_000;

/** A value of a filter or cursor as a kind's parameter; undefined if it is none. */
export function parameterOf(kind: ValueKind, text: string): RawBuilder<unknown> | undefined {
  switch (kind) {
    case 'text':
      return text.length <= MAX_TEXT && text.isWellFormed() && !text.includes('\u0000')
        ? sql`${text}::text`
        : undefined;
    case 'number':
      return numberSyntax.test(text) ? sql`${text}::numeric` : undefined;
    case 'boolean':
      return text === 'true' || text === 'false' ? sql`${text === 'true'}::boolean` : undefined;
    case 'time': {
      const time = timeSyntax.test(text) ? Date.parse(text) : Number.NaN;
      return Number.isNaN(time) ? undefined : sql`${new Date(time)}::timestamptz`;
    }
  }
}
