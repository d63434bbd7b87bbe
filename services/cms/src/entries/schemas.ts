import { SiteId } from '@gaia/http-service/route-schemas';
import { type Visibility, visibilities } from '@gaia/policy/access-rule';
import { Type } from 'typebox';
import { PRODUCT_ID, ROLE_NAME } from '../values/names.ts';

const VisibilityName = Type.Unsafe<Visibility>({
  type: 'string',
  enum: [...visibilities],
  description:
    'To whom the published copy is open: everybody, members of the site, those of some roles, the author alone, or ' +
    'holders of some products',
});
const Fields = Type.Record(Type.String(), Type.Unknown(), { description: 'Values by the names of the type’s fields' });

const accessMembers = {
  visibility: Type.Optional(VisibilityName),
  roles: Type.Optional(Type.Array(Type.String({ pattern: ROLE_NAME }), { minItems: 1, maxItems: 20 })),
  products: Type.Optional(Type.Array(Type.String({ pattern: PRODUCT_ID }), { minItems: 1, maxItems: 20 })),
};

const members = {
  id: Type.String(),
  site: Type.String(),
  type: Type.String({ description: 'Name of the content type' }),
  status: Type.Union([Type.Literal('draft'), Type.Literal('published')]),
  visibility: VisibilityName,
  roles: Type.Optional(Type.Array(Type.String(), { description: 'With the visibility roles: one of them is needed' })),
  products: Type.Optional(
    Type.Array(Type.String(), { description: 'With the visibility products: one of them is needed' }),
  ),
  author: Type.String(),
  fields: Fields,
  version: Type.Integer({ description: 'Counts the changes that the caller can see' }),
  changed: Type.Boolean({ description: 'The working copy differs from the published one; false for readers' }),
  created_at: Type.String(),
  updated_at: Type.String(),
  published_at: Type.Union([Type.String(), Type.Null()]),
  updated_by: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: 'Who made the last change, for those who may change the entry; null where that was not kept yet',
    }),
  ),
  updated_via: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description: 'The service account or administrator that made it for them (`act` of the token, RFC 8693 §4.1)',
    }),
  ),
};

export const EntryResponse = Type.Object(members, {
  title: 'Entry',
  description: 'Readers see the published copy, its author and holders of `content:edit` the working copy',
});

export const SavedEntryResponse = Type.Object(
  {
    ...members,
    seq: Type.String({ description: 'Position of the change in the feed, for `GET /search?min_seq=`' }),
  },
  { title: 'SavedEntry' },
);

export const EntryListResponse = Type.Object(
  {
    items: Type.Array(EntryResponse),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; null on the last' }),
    total: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], {
        description: 'Number of entries of all pages, with `total=true`; null where counting takes too long',
      }),
    ),
  },
  { title: 'EntryList' },
);

export const NewEntry = Type.Object(
  {
    type: Type.String({ minLength: 1, maxLength: 63 }),
    ...accessMembers,
    fields: Type.Optional(Fields),
    publish: Type.Optional(
      Type.Boolean({ default: false, description: 'Publishes it at once; takes `content:publish` too' }),
    ),
  },
  { title: 'NewEntry', additionalProperties: false },
);

export const EntryChange = Type.Object(
  {
    ...accessMembers,
    fields: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Named fields are replaced; null takes one away' }),
    ),
  },
  { title: 'EntryChange', additionalProperties: false },
);

export const EntryParams = Type.Object({
  site: SiteId,
  id: Type.String({ maxLength: 100 }),
});

const referencesQuery = <const Choice extends string>(choice: Choice, description: string) =>
  Type.Object(
    {
      references: Type.Optional(
        Type.Unsafe<'refuse' | Choice>({ type: 'string', enum: ['refuse', choice], description }),
      ),
    },
    { additionalProperties: false },
  );

export const PublishQuery = referencesQuery('publish', 'What to do about references to drafts. `refuse` if absent');
export const UnlinkQuery = referencesQuery('unlink', 'What to do about references to the entry. `refuse` if absent');

const names = (copy: string) => Type.Array(Type.String(), { description: `Fields of its ${copy} that refer` });

export const ReferrerList = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      type: Type.String({ description: 'Name of the content type' }),
      title: Type.String(),
      status: Type.Union([Type.Literal('draft'), Type.Literal('published')]),
      draft: names('working copy'),
      published: names('published copy'),
    }),
  ),
  next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; null on the last' }),
});
