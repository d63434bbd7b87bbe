import { type Visibility, visibilities } from '@gaia/policy/visibility';
import { Type } from 'typebox';

const VisibilityName = Type.Unsafe<Visibility>({
  type: 'string',
  enum: [...visibilities],
  description: 'To whom the published copy is open: everybody, or members of the site',
});
const Fields = Type.Record(Type.String(), Type.Unknown(), { description: 'Values by the names of the type’s fields' });

const members = {
  id: Type.String(),
  site: Type.String(),
  type: Type.String({ description: 'Name of the content type' }),
  status: Type.Union([Type.Literal('draft'), Type.Literal('published')]),
  visibility: VisibilityName,
  author: Type.String(),
  fields: Fields,
  version: Type.Integer({ description: 'Counts the changes that the caller can see' }),
  changed: Type.Boolean({ description: 'The working copy differs from the published one; false for readers' }),
  created_at: Type.String(),
  updated_at: Type.String(),
  published_at: Type.Union([Type.String(), Type.Null()]),
};

export const EntryAnswer = Type.Object(members, {
  description: 'Readers see the published copy, its author and holders of `content:edit` the working copy',
});

export const SavedEntryAnswer = Type.Object({
  ...members,
  seq: Type.String({ description: 'Position of the change in the feed, for `GET /search?min_seq=`' }),
});

export const EntryListAnswer = Type.Object({
  items: Type.Array(EntryAnswer),
  next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; null on the last' }),
});

export const NewEntry = Type.Object(
  {
    type: Type.String({ minLength: 1, maxLength: 63 }),
    visibility: Type.Optional(VisibilityName),
    fields: Type.Optional(Fields),
  },
  { additionalProperties: false },
);

export const EntryChange = Type.Object(
  {
    visibility: Type.Optional(VisibilityName),
    fields: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Named fields are replaced; null takes one away' }),
    ),
  },
  { additionalProperties: false },
);

export const EntryParams = Type.Object({
  site: Type.String({ pattern: '^[a-z0-9.-]{1,253}$', description: 'Id of the site' }),
  id: Type.String({ maxLength: 100 }),
});
