import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import type { ContentType, Field, ValueShape } from '../types/field.ts';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';
import { isIntegerField } from './integers.ts';
import { typeName } from './names.ts';
import { GraphQLDecimal } from './value-types.ts';

/** A test as GraphQL types it, and as the JSON of a filter over REST, which it is turned into. */
interface Member {
  readonly type: GraphQLInputObjectType;
  toJson(value: unknown): unknown;
}

/** The filters of a site's content types. */
export interface Wheres {
  /** Of the entries of one type, or of all. */
  of(type: ContentType | undefined): Member;
}

const asItIs = (value: unknown) => value;

function tests(name: string, value: GraphQLScalarType, operators: readonly string[], description: string): Member {
  const fields: GraphQLInputFieldConfigMap = {};
  for (const operator of operators) {
    const listed = operator === 'in' || operator === 'nin';
    fields[operator] = {
      type: operator === 'empty' ? GraphQLBoolean : listed ? new GraphQLList(new GraphQLNonNull(value)) : value,
    };
  }
  return { type: new GraphQLInputObjectType({ name, description, fields }), toJson: asItIs };
}

const equal = ['eq', 'ne', 'in', 'nin'];
const ordered = [...equal, 'lt', 'lte', 'gt', 'gte', 'empty'];
const text = tests(
  'TextFilter',
  GraphQLString,
  [...ordered, 'contains', 'starts_with'],
  'contains and starts_with regard neither case nor accents; ne and nin hold where there is no value too',
);
const date = tests('DateFilter', GraphQLString, ordered, 'A date is the whole day, in UTC');
const id = tests('IdFilter', GraphQLID, equal, 'Of ids');

const scalars = {
  text,
  enum: text,
  richText: tests('RichTextFilter', GraphQLString, ['contains', 'empty'], 'Of the text that is read'),
  number: tests('NumberFilter', GraphQLFloat, ordered, 'Of numbers'),
  integer: tests('IntFilter', GraphQLInt, ordered, 'Of whole numbers'),
  decimal: tests('DecimalFilter', GraphQLDecimal, ordered, 'Of decimals, compared as numbers'),
  boolean: tests('BooleanFilter', GraphQLBoolean, [...equal, 'empty'], 'Of booleans'),
  date,
  asset: tests('AssetFilter', GraphQLID, [...equal, 'empty'], 'Of files, by their ids'),
} as const;

const listTests = ['contains', 'empty'];
const lists = {
  text: tests('TextListFilter', GraphQLString, listTests, 'Of lists of texts; contains names a whole item'),
  enum: tests('EnumListFilter', GraphQLString, listTests, 'Of lists of enum values'),
  number: tests('NumberListFilter', GraphQLFloat, listTests, 'Of lists of numbers'),
  integer: tests('IntListFilter', GraphQLInt, listTests, 'Of lists of whole numbers'),
  decimal: tests('DecimalListFilter', GraphQLDecimal, listTests, 'Of lists of decimals'),
  boolean: tests('BooleanListFilter', GraphQLBoolean, listTests, 'Of lists of booleans'),
  date: tests('DateListFilter', GraphQLString, listTests, 'Of lists of dates; a date is the whole day, in UTC'),
  asset: tests('AssetListFilter', GraphQLID, listTests, 'Of lists of files, by their ids'),
  richText: undefined,
} as const;

const members = {
  id,
  author: text,
  visibility: text,
  created_at: date,
  updated_at: date,
  published_at: date,
} as const;

/** Makes the filters of the types of a site; each type is made once, when it is first needed. */
export function createWheres(types: readonly ContentType[]): Wheres {
  const byId = new Map(types.map((type) => [type.id, type]));
  const made = new Map<string, Member>();
  const once = (name: string, make: () => Member) => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    return known;
  };

  function of(type: ContentType | undefined): Member {
    const name = `Where_${type === undefined ? 'Entry' : typeName(type)}`;
    return once(name, () => group(name, () => ({ ...fieldMembers(type?.fields ?? [], name), ...members })));
  }

  /** What must hold, all of it; with and, or, not. */
  function group(name: string, membersOf: () => Record<string, Member>): Member {
    let known: Record<string, Member> | undefined;
    const inner = () => {
      known ??= membersOf();
      return known;
    };
    const type: GraphQLInputObjectType = new GraphQLInputObjectType({
      name,
      fields: () => ({
        ...Object.fromEntries(Object.entries(inner()).map(([field, member]) => [field, { type: member.type }])),
        and: { type: new GraphQLList(new GraphQLNonNull(type)) },
        or: { type: new GraphQLList(new GraphQLNonNull(type)) },
        not: { type },
      }),
    });
    const toJson = (value: unknown): unknown => {
      if (!isJsonObject(value)) return value;
      const json = Object.entries(value).map(([field, one]) => {
        if (field === 'and' || field === 'or') return [field, Array.isArray(one) ? one.map(toJson) : one];
        if (field === 'not') return [field, toJson(one)];
        return [field, inner()[field]?.toJson(one) ?? one];
      });
      return Object.fromEntries(json) as JsonObject;
    };
    return { type, toJson };
  }

  function fieldMembers(fields: readonly Field[], name: string): Record<string, Member> {
    return Object.fromEntries(
      fields.flatMap((field) => {
        const member = memberOf(field, `${name}_${field.name}`);
        return member === undefined ? [] : [[field.name, member]];
      }),
    );
  }

  function memberOf(shape: ValueShape, name: string): Member | undefined {
    const { type } = shape;
    if (type === 'object') {
      if ((shape.fields ?? []).length === 0) return undefined;
      return group(name, () => fieldMembers(shape.fields ?? [], name));
    }
    if (type === 'reference') return reference(shape, false);
    if (type !== 'list') return scalars[isIntegerField(shape) ? 'integer' : type];
    const item = shape.of;
    if (item === undefined) return undefined;
    if (item.type === 'object' || item.type === 'list') return memberOf(item, name);
    if (item.type === 'reference') return reference(item, true);
    return lists[isIntegerField(item) ? 'integer' : item.type];
  }

  /** By the ids of what a reference leads to, and by what is in it. */
  function reference({ to }: ValueShape, listed: boolean): Member {
    // Several types have no field in common that could be named here.
    const [only, ...others] = to ?? [];
    const target = of(others.length > 0 || only === undefined ? undefined : byId.get(only));
    const name = target.type.name.replace(/^Where/, listed ? 'References' : 'Reference');
    return once(name, () => {
      const operators = listed ? ['contains', 'empty'] : [...equal, 'empty'];
      const own = tests(`${name}_Id`, GraphQLID, operators, '').type.toConfig().fields;
      const description =
        'By the id of the entry that the reference leads to, or by what is in it, as far as the caller may read it' +
        (listed ? '; each test by itself looks for one of the list that fits' : '');
      return {
        type: new GraphQLInputObjectType({
          name,
          description,
          fields: () => ({ ...own, is: { type: target.type } }),
        }),
        toJson: (value) => {
          if (!isJsonObject(value) || value.is === undefined) return value;
          const { is, ...byId } = value;
          return { and: [byId, target.toJson(is)] };
        },
      };
    });
  }

  return { of };
}
