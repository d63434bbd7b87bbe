import { Type } from 'typebox';

export const FeedQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({ maxLength: 200, description: '`cursor` of the page before; from the beginning if absent' }),
    ),
    wait: Type.Optional(
      Type.Number({ minimum: 0, maximum: 30, default: 0, description: 'Seconds to wait for a first event' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  },
  { additionalProperties: false },
);

const copy = {
  fields: Type.Record(Type.String(), Type.Unknown()),
  title: Type.String(),
  text: Type.String({ description: 'All other texts, without markup' }),
  assets: Type.Array(Type.String(), { description: 'Ids of the files that it mentions' }),
  references: Type.Array(Type.String(), { description: 'Ids of the entries that it mentions' }),
};

const FeedEntry = Type.Object({
  type: Type.String(),
  author: Type.String(),
  visibility: Type.String(),
  status: Type.String(),
  version: Type.Integer(),
  updated_at: Type.String(),
  draft: Type.Object(copy, { description: 'The working copy' }),
  published: Type.Union([Type.Object({ ...copy, published_at: Type.String() }), Type.Null()]),
});

export const FeedAnswer = Type.Object({
  events: Type.Array(
    Type.Object({
      seq: Type.String({ description: 'Decimal; never falls from one event to the next' }),
      at: Type.String({ description: 'Time of the change' }),
      kind: Type.Literal('entry'),
      site: Type.String(),
      id: Type.String(),
      entry: Type.Union([FeedEntry, Type.Null()], { description: 'As it is now; null: deleted' }),
    }),
  ),
  cursor: Type.String({ description: 'For the next page' }),
  seq: Type.String({ description: 'Every change up to this one is in the events up to the cursor' }),
  head: Type.String({ description: 'Newest change that can be given' }),
});
