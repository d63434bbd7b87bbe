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
  title_language: Type.Union([Type.String(), Type.Null()], { description: 'BCP 47; null: not known' }),
  text: Type.String({ description: 'All other values that everybody may read and that are searched, without markup' }),
  languages: Type.Array(Type.Object({ language: Type.String(), from: Type.Integer(), to: Type.Integer() }), {
    description: 'Languages (BCP 47) of parts of the text, in UTF-16 units',
  }),
  assets: Type.Array(Type.String(), { description: 'Ids of the files that it mentions, in fields for everybody' }),
  references: Type.Array(Type.String(), { description: 'Ids of the entries that it mentions' }),
  restricted: Type.Array(
    Type.Object({ readable_by: Type.Array(Type.String()), text: Type.String(), assets: Type.Array(Type.String()) }),
    { description: 'What stands in fields that only some roles may read, by those roles' },
  ),
};

const FeedEntry = Type.Object(
  {
    type: Type.String(),
    author: Type.String(),
    visibility: Type.String(),
    access_class: Type.Integer({ description: '1: public, 2: members, 3: author; others by events of the kind class' }),
    status: Type.String(),
    version: Type.Integer(),
    updated_at: Type.String(),
    comparable: Type.Array(
      Type.Object({ name: Type.String(), type: Type.String(), list: Type.Boolean(), facet: Type.Boolean() }),
      { description: 'The fields of its type that everybody may read and by which one can filter and sort' },
    ),
    draft: Type.Object(copy, { description: 'The working copy' }),
    published: Type.Union([Type.Object({ ...copy, published_at: Type.String() }), Type.Null()]),
  },
  { title: 'FeedEntry' },
);

const place = {
  seq: Type.String({ description: 'Decimal; never falls from one event to the next' }),
  at: Type.String({ description: 'Time of the change' }),
  site: Type.String(),
  id: Type.String(),
};

export const FeedResponse = Type.Object({
  events: Type.Array(
    Type.Object({
      ...place,
      kind: Type.Union([Type.Literal('entry'), Type.Literal('class'), Type.Literal('entitlement')], {
        description: 'Names the member that holds its subject; others may come',
      }),
      entry: Type.Optional(
        Type.Union([FeedEntry, Type.Null()], { description: 'The entry as it is now; null: deleted' }),
      ),
      class: Type.Optional(
        Type.Object(
          {
            id: Type.Integer(),
            kind: Type.Union([Type.Literal('roles'), Type.Literal('products')]),
            names: Type.Array(Type.String()),
          },
          { description: 'An access rule of the site, which never changes: one of the names is needed' },
        ),
      ),
      entitlement: Type.Optional(
        Type.Object(
          { user: Type.String(), product: Type.String(), held: Type.Boolean() },
          { description: 'Whether the user holds the product now' },
        ),
      ),
    }),
  ),
  cursor: Type.String({ description: 'For the next page' }),
  seq: Type.String({ description: 'Every change up to this one is in the events up to the cursor' }),
  head: Type.String({ description: 'Newest change that can be given' }),
});
