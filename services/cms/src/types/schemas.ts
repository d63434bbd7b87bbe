import { SiteId } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';
import { bounds, type Field, fieldTypes } from './field.ts';

const typeName = '^[A-Za-z][A-Za-z0-9_-]{0,62}$';

const Bound = Type.Union([Type.Number(), Type.String()], { description: 'number; of a decimal as text: "19.90"' });

/** The options of fields as documentation; what each type takes, at any depth, is checked by `readFields`. */
const fieldMembers = {
  name: Type.String({ maxLength: 63, description: 'Letters, digits and _; unique in the type; may change' }),
  type: Type.String({ description: fieldTypes.join(', ') }),
  label: Type.Optional(Type.String({ maxLength: 200 })),
  description: Type.Optional(Type.String({ maxLength: 1_000 })),
  required: Type.Optional(Type.Boolean()),
  unique: Type.Optional(
    Type.Boolean({ description: 'Among the entries of the type; text, number, decimal, date, enum' }),
  ),
  default: Type.Optional(Type.Unknown({ description: 'For new entries that leave the field out' })),
  readable_by: Type.Optional(
    Type.Array(Type.String(), { description: 'Roles of which one is needed to read the field; everybody if absent' }),
  ),
  writable_by: Type.Optional(
    Type.Array(Type.String(), { description: 'Roles of which one is needed to write it; every writer if absent' }),
  ),
  searchable: Type.Optional(
    Type.Boolean({
      description:
        'Whether search finds entries by it. Texts and enums are searched unless it is false, numbers and dates if it is true',
    }),
  ),
  language: Type.Optional(
    Type.String({
      maxLength: 11,
      description: 'BCP 47 tag of the language of its text, for search; the type’s if absent',
    }),
  ),
  facet: Type.Optional(
    Type.Boolean({ description: 'Whether search counts its values; for short values and lists of them' }),
  ),
  min_length: Type.Optional(Type.Integer({ description: 'text, richText' })),
  max_length: Type.Optional(Type.Integer({ description: 'text, richText' })),
  min: Type.Optional(Bound),
  max: Type.Optional(Bound),
  precision: Type.Optional(Type.Integer({ description: 'decimal: digits, 38 at most and if absent' })),
  scale: Type.Optional(Type.Integer({ description: 'decimal: digits after the point; `precision` if absent' })),
  integer: Type.Optional(Type.Boolean({ description: 'number' })),
  values: Type.Optional(Type.Array(Type.String(), { description: 'enum: the values it takes' })),
  to: Type.Optional(
    Type.Array(Type.String(), { description: 'reference: names of the types it leads to; any if absent' }),
  ),
  of: Type.Optional(Type.Unknown({ description: 'list: what its items are; a field without id and name' })),
  fields: Type.Optional(Type.Array(Type.Unknown(), { description: 'object: its fields' })),
  min_items: Type.Optional(Type.Integer({ description: 'list' })),
  max_items: Type.Optional(Type.Integer({ description: 'list' })),
};

const FieldInput = Type.Object(
  {
    id: Type.Optional(Type.String({ maxLength: 63, description: 'Names the field that it is; given by the service' })),
    ...fieldMembers,
  },
  { title: 'NewField', additionalProperties: false },
);

const FieldResponse = Type.Unsafe<Field>(
  Type.Object(
    {
      id: Type.String({ description: 'Never changes; entries keep the value under it' }),
      ...fieldMembers,
    },
    { title: 'Field' },
  ),
);

export const TypeResponse = Type.Object(
  {
    id: Type.String(),
    site: Type.String(),
    name: Type.String(),
    label: Type.Union([Type.String(), Type.Null()]),
    title_field: Type.Union([Type.String(), Type.Null()], {
      description: 'Name of the text field that names an entry',
    }),
    language: Type.Union([Type.String(), Type.Null()], {
      description: 'BCP 47 tag of the language of its texts, for search',
    }),
    fields: Type.Array(FieldResponse),
    index_status: Type.Union([Type.Literal('ready'), Type.Literal('building')], {
      description:
        'While it is building, in the background, lists filtered or sorted by fields are complete, but slower',
    }),
    version: Type.Integer(),
    created_at: Type.String(),
    updated_at: Type.String(),
  },
  { title: 'ContentType', description: 'A content type' },
);

export const TypeList = Type.Object({ items: Type.Array(TypeResponse) }, { title: 'ContentTypeList' });

const inputMembers = {
  label: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()])),
  title_field: Type.Optional(Type.Union([Type.String({ maxLength: 63 }), Type.Null()])),
  language: Type.Optional(Type.Union([Type.String({ maxLength: 11 }), Type.Null()])),
};
const Name = Type.String({ pattern: typeName, description: 'Letters, digits, - and _, after a letter' });
const Fields = Type.Array(FieldInput, { maxItems: bounds.fields });

export const NewType = Type.Object(
  { name: Name, ...inputMembers, fields: Type.Optional(Fields) },
  { title: 'NewContentType', additionalProperties: false },
);

export const TypeChange = Type.Object(
  {
    name: Type.Optional(Name),
    ...inputMembers,
    fields: Type.Optional(
      Type.Array(FieldInput, {
        maxItems: bounds.fields,
        description: 'All fields; those with an id stay what they are',
      }),
    ),
    remove: Type.Optional(
      Type.Array(Type.String({ maxLength: 63 }), {
        maxItems: bounds.fields,
        description: 'Ids of fields that `fields` leaves out on purpose; their values are lost',
      }),
    ),
  },
  { title: 'ContentTypeChange', additionalProperties: false },
);

export const TypeParams = Type.Object({
  site: SiteId,
  type: Type.String({ maxLength: 100, description: 'Name of the type' }),
});
