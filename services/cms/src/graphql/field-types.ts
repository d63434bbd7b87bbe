import { mayReadField } from '@gaia/policy/fields';
import {
  GraphQLBoolean,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  GraphQLList,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import type { EntryView } from '../entries/entry.ts';
import { unreadableField } from '../errors.ts';
import type { ContentType, Field, ValueShape } from '../types/field.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { GraphqlContext } from './context.ts';
import { GraphQLDecimal, RichTextInput, RichTextType } from './value-types.ts';

/** What fields lead to beside their own values. */
export interface Targets {
  readonly entry: GraphQLInterfaceType;
  readonly asset: GraphQLObjectType;
}

const decoded = new WeakMap<EntryView, JsonObject>();

/** The entry's fields by name, worked out once. */
function valuesOf(entry: EntryView): JsonObject {
  const values = decoded.get(entry) ?? entry.type.decode(entry.document);
  decoded.set(entry, values);
  return values;
}

/** The fields of a content type as fields of its GraphQL type. One that the caller may not read is null, with an error. */
export function outputFields(
  type: ContentType,
  name: string,
  targets: Targets,
): GraphQLFieldConfigMap<EntryView, GraphqlContext> {
  return Object.fromEntries(
    type.fields.map((field) => [
      field.name,
      {
        type: outputType(field, `${name}_${field.name}`, targets),
        description: field.description ?? field.label ?? null,
        extensions: { list: field.type === 'list' },
        resolve: (entry: EntryView, _args: unknown, context: GraphqlContext) => {
          if (!mayReadField(context.caller, field.readable_by)) throw unreadableField(field.name);
          return resolveValue(field, valuesOf(entry)[field.name], context);
        },
      },
    ]),
  );
}

function outputType(shape: ValueShape, name: string, targets: Targets): GraphQLOutputType {
  switch (shape.type) {
    case 'number':
      return GraphQLFloat;
    case 'decimal':
      return GraphQLDecimal;
    case 'richText':
      return RichTextType;
    case 'boolean':
      return GraphQLBoolean;
    case 'reference':
      return targets.entry;
    case 'asset':
      return targets.asset;
    case 'list':
      return new GraphQLList(shape.of === undefined ? GraphQLString : outputType(shape.of, name, targets));
    case 'object':
      return objectType(shape.fields ?? [], name, targets);
    default:
      return GraphQLString;
  }
}

function objectType(fields: readonly Field[], name: string, targets: Targets): GraphQLOutputType {
  // An object without fields has no GraphQL type.
  if (fields.length === 0) return GraphQLBoolean;
  return new GraphQLObjectType<JsonObject, GraphqlContext>({
    name,
    fields: Object.fromEntries(
      fields.map((field) => [
        field.name,
        {
          type: outputType(field, `${name}_${field.name}`, targets),
          extensions: { list: field.type === 'list' },
          resolve: (value, _args, context) => resolveValue(field, value[field.name], context),
        },
      ]),
    ),
  });
}

function resolveValue(shape: ValueShape, value: unknown, context: GraphqlContext): unknown {
  if (value === undefined || value === null) return null;
  if (shape.type === 'reference') return context.entry(value as string);
  // The id is known without assets: who asks for no more needs no other service.
  if (shape.type === 'asset') return { id: value };
  if (shape.type === 'list' && shape.of !== undefined) {
    const item = shape.of;
    return (value as unknown[]).map((member) => resolveValue(item, member, context));
  }
  if (shape.type === 'object' && (shape.fields ?? []).length === 0) return true;
  return value;
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
      return GraphQLFloat;
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
