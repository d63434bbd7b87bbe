import { mayReadField } from '@gaia/policy/fields';
import {
  GraphQLBoolean,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import type { EntryView } from '../entries/entry.ts';
import { problem, unreadableField } from '../errors.ts';
import type { ContentType, Field, ValueShape } from '../types/field.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { GraphqlContext } from './context.ts';
import { isBoundedInteger, isInt, isIntegerField } from './integers.ts';
import { GraphQLDecimal, RichTextInput, RichTextType } from './value-types.ts';

/** What fields lead to beside their own values. */
export interface Targets {
  readonly entry: GraphQLInterfaceType;
  readonly asset: GraphQLObjectType;
  /** The GraphQL type of the entries of a content type. */
  typeOf(typeId: string): GraphQLObjectType | undefined;
}

/** How a part of an entry is typed. */
interface Typing {
  /** Of nested objects, which are types of their own. */
  readonly name: string;
  readonly targets: Targets;
  /** Whether required fields are non-null. */
  readonly complete: boolean;
}

const decoded = new WeakMap<EntryView, JsonObject>();

/** The entry's fields by name, worked out once. */
function valuesOf(entry: EntryView): JsonObject {
  const values = decoded.get(entry) ?? entry.type.decode(entry.document);
  decoded.set(entry, values);
  return values;
}

/** The fields of a content type as fields of its GraphQL type. One that the caller may not read is null, with an error. */
export function outputFields(type: ContentType, typing: Typing): GraphQLFieldConfigMap<EntryView, GraphqlContext> {
  return Object.fromEntries(
    type.fields.map((field) => [
      field.name,
      {
        type: fieldType(field, typing),
        description: field.description ?? field.label ?? null,
        extensions: { list: field.type === 'list' },
        resolve: (entry: EntryView, _args: unknown, context: GraphqlContext) => {
          if (!mayReadField(context.caller, field.readable_by)) throw unreadableField(field.name);
          return resolveField(field, valuesOf(entry)[field.name], typing, context);
        },
      },
    ]),
  );
}

function fieldType(field: Field, { name, ...typing }: Typing): GraphQLOutputType {
  const type = outputType(field, { ...typing, name: `${name}_${field.name}` });
  return typing.complete && isAlwaysThere(field) ? new GraphQLNonNull(type) : type;
}

/** Whether every entry that has been published has a value that every reader of the entry is given. */
function isAlwaysThere(field: Field): boolean {
  if (!field.required || field.readable_by !== undefined || field.type === 'reference') return false;
  return !isIntegerField(field) || isBoundedInteger(field);
}

function outputType(shape: ValueShape, typing: Typing): GraphQLOutputType {
  const { name, targets } = typing;
  switch (shape.type) {
    case 'number':
      return isIntegerField(shape) ? GraphQLInt : GraphQLFloat;
    case 'decimal':
      return GraphQLDecimal;
    case 'richText':
      return RichTextType;
    case 'boolean':
      return GraphQLBoolean;
    case 'reference':
      return referenceType(shape, targets);
    case 'asset':
      return targets.asset;
    case 'list':
      return new GraphQLList(shape.of === undefined ? GraphQLString : outputType(shape.of, typing));
    case 'object':
      return objectType(shape.fields ?? [], name, typing);
    default:
      return GraphQLString;
  }
}

/** A reference to entries of one type has that type. */
function referenceType({ to = [] }: ValueShape, targets: Targets): GraphQLOutputType {
  const [only = '', ...others] = to;
  return (others.length === 0 ? targets.typeOf(only) : undefined) ?? targets.entry;
}

function objectType(fields: readonly Field[], name: string, typing: Typing): GraphQLOutputType {
  // An object without fields has no GraphQL type.
  if (fields.length === 0) return GraphQLBoolean;
  return new GraphQLObjectType<JsonObject, GraphqlContext>({
    name,
    fields: Object.fromEntries(
      fields.map((field) => [
        field.name,
        {
          type: fieldType(field, typing),
          extensions: { list: field.type === 'list' },
          resolve: (value, _args, context) => resolveField(field, value[field.name], typing, context),
        },
      ]),
    ),
  });
}

function resolveField(field: Field, value: unknown, typing: Typing, context: GraphqlContext): unknown {
  if ((value === undefined || value === null) && typing.complete && isAlwaysThere(field)) {
    throw problem('entry_incomplete', {
      detail: `The entry has no ${field.name}, which its type requires. Ask for it in partial, where it is null.`,
      extensions: { field: field.name },
    });
  }
  return resolveValue(field, value, context);
}

function resolveValue(shape: ValueShape, value: unknown, context: GraphqlContext): unknown {
  if (value === undefined || value === null) return null;
  if (shape.type === 'reference') return resolveReference(shape, value as string, context);
  if (isIntegerField(shape) && !isInt(value as number)) throw problem('integer_out_of_range');
  // The id is known without assets: who asks for no more needs no other service.
  if (shape.type === 'asset') return { id: value };
  if (shape.type === 'list' && shape.of !== undefined) {
    const item = shape.of;
    return (value as unknown[]).map((member) => resolveValue(item, member, context));
  }
  if (shape.type === 'object' && (shape.fields ?? []).length === 0) return true;
  return value;
}

async function resolveReference({ to }: ValueShape, id: string, context: GraphqlContext) {
  const entry = await context.entry(id);
  // What was referred to before the field was restricted may be of another type than the schema says.
  return entry !== undefined && (to === undefined || to.includes(entry.type.id)) ? entry : null;
}

/** The fields of a content type as an input. What is required, and all bounds, is checked as over REST. */
export function inputType(type: ContentType, name: string): GraphQLInputObjectType | undefined {
  return inputObject(type.fields, `${name}_Input`);
}

function inputObject(fields: readonly Field[], name: string): GraphQLInputObjectType | undefined {
  const members: GraphQLInputFieldConfigMap = Object.fromEntries(
    fields.flatMap((field) => {
      const of = inputOf(field, `${name}_${field.name}`);
      return of === undefined ? [] : [[field.name, { type: of }]];
    }),
  );
  return Object.keys(members).length === 0 ? undefined : new GraphQLInputObjectType({ name, fields: members });
}

function inputOf(shape: ValueShape, name: string): GraphQLInputType | undefined {
  switch (shape.type) {
    case 'number':
      return isIntegerField(shape) ? GraphQLInt : GraphQLFloat;
    case 'decimal':
      return GraphQLDecimal;
    case 'richText':
      return RichTextInput;
    case 'boolean':
      return GraphQLBoolean;
    case 'reference':
    case 'asset':
      return GraphQLID;
    case 'list': {
      const item = shape.of === undefined ? undefined : inputOf(shape.of, name);
      return item === undefined ? undefined : new GraphQLList(item);
    }
    case 'object':
      return inputObject(shape.fields ?? [], name);
    default:
      return GraphQLString;
  }
}
