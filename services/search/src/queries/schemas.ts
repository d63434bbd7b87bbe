import { MinSeq } from '@gaia/feed-follower/min-seq';
import { SITE_ID_PATTERN } from '@gaia/tokens/site-id';
import { Type } from 'typebox';

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
    limit: Type.Integer({ minimum: 1, maximum: 50, default: 20 }),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: '`next_cursor` of the page before' }),
    ),
    min_seq: MinSeq,
  },
  { additionalProperties: false },
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
  next_cursor: Type.Union([Type.String(), Type.Null()]),
  seq: Type.String({ description: 'Every change up to this one was in the index' }),
});
