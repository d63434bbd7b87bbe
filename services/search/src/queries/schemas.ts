import { MinSeq } from '@gaia/feed-follower/min-seq';
import { SITE_ID_PATTERN } from '@gaia/tokens/site-id';
import { Type } from 'typebox';
import { MAX_FILTERS } from './filters.ts';

export const SearchQuery = Type.Object(
  {
    q: Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'Words that must all occur; `"…"` is a phrase, `-` excludes, `or` separates alternatives. The last word may be unfinished.',
    }),
    site: Type.Optional(
      Type.String({ pattern: SITE_ID_PATTERN, description: "Default: the host's site, else the access token's" }),
    ),
    type: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Only entries of this content type' }),
    ),
    sort: Type.Optional(
      Type.String({
        pattern: '^-?[A-Za-z][A-Za-z0-9_]{0,62}$',
        description:
          '`relevance` (default), `updated_at`, `published_at`, or a field of the type that is asked for; `-` for descending',
      }),
    ),
    facets: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z][A-Za-z0-9_]{0,62}(?:,[A-Za-z][A-Za-z0-9_]{0,62}){0,9}$',
        description: 'What to count: `type`, and fields of the type that is asked for which are marked as facets',
      }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 50, default: 20 }),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: '`next_cursor` of the page before' }),
    ),
    min_seq: MinSeq,
  },
  {
    additionalProperties: Type.Union([
      Type.String({ maxLength: 4_000 }),
      Type.Array(Type.String({ maxLength: 1_000 }), { maxItems: 50 }),
    ]),
    maxProperties: 8 + MAX_FILTERS,
  },
);

const SearchResult = Type.Object(
  {
    id: Type.String(),
    site: Type.String(),
    type: Type.String(),
    status: Type.String({ description: '`published` or `draft`; drafts only for those who may read them' }),
    visibility: Type.String(),
    author: Type.String(),
    title: Type.String({ description: 'Plain text' }),
    title_highlight: Type.String({ description: 'The title as HTML; the only markup is `<mark>` around what matches' }),
    highlight: Type.String({ description: 'The best stretch of the text as HTML, marked likewise' }),
    updated_at: Type.String(),
    published_at: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'SearchResult' },
);

export const SearchResponse = Type.Object({
  items: Type.Array(SearchResult),
  total: Type.Integer({ description: 'Entries that match and that the caller may see' }),
  total_is_exact: Type.Boolean({ description: 'False where there are more than `total`' }),
  fuzzy: Type.Boolean({
    description: 'True where nothing has the words themselves: the items have words that are spelled nearly so',
  }),
  facets: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Array(
        Type.Object({ value: Type.Union([Type.String(), Type.Number(), Type.Boolean()]), count: Type.Integer() }),
      ),
      { description: 'By name: how many of the entries that match and that the caller may see have each value' },
    ),
  ),
  facets_are_exact: Type.Optional(Type.Boolean({ description: 'False where more entries match than are counted' })),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
  seq: Type.String({ description: 'Every change up to this one was in the index' }),
});
