import {
  type GraphQLFieldConfigMap,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import type { EntryView } from '../entries/entry.ts';
import type { EntryList } from '../entry-queries/list-entries.ts';
import type { ContentType, Field, ValueShape } from '../types/field.ts';
import { checkArguments, idArgument, invalid, type ListArguments, listArguments, listRequest } from './arguments.ts';
import type { GraphqlContext } from './context.ts';
import { createSearchType, createTargets, entryFields, lastChangeFields } from './entry-types.ts';
import { inputType, outputFields, type Targets } from './field-types.ts';
import { mutationFields } from './mutations.ts';
import { fieldName, typeName } from './names.ts';
import { createWheres, type Wheres } from './where.ts';

/** The schema of a site: made of its content types, with a resolver of its own for every field. */
export function buildSchema(types: readonly ContentType[]): GraphQLSchema {
  const outputs = new Map<string, GraphQLObjectType<EntryView, GraphqlContext>>();
  const targets = createTargets((id) => outputs.get(id));
  const wheres = createWheres(types);
  const made = types.map((type) => {
    const name = typeName(type);
    const partial = partialType(type, name, targets);
    const output = new GraphQLObjectType<EntryView, GraphqlContext>({
      name,
      description: type.label ?? null,
      interfaces: [targets.entry],
      fields: () => ({
        ...entryFields,
        ...lastChangeFields,
        ...(partial && {
          partial: {
            type: new GraphQLNonNull(partial),
            description: 'The same fields, each of which can be null: for drafts, which may be incomplete',
            resolve: (entry: EntryView) => entry,
          },
        }),
        ...outputFields(type, { name, targets, complete: true }),
      }),
    });
    outputs.set(type.id, output);
    return { type, output, input: inputType(type, name) };
  });
  const query: GraphQLFieldConfigMap<unknown, GraphqlContext> = fixedQueries(targets, wheres);
  for (const { type, output } of made) {
    const field = fieldName(type);
    query[field] = {
      type: output,
      args: idArgument,
      resolve: async (_source, { id }: { id: string }, context) => {
        checkArguments(id);
        const entry = await context.entry(id);
        return entry?.type.id === type.id ? entry : null;
      },
    };
    query[`${field}_list`] = listField(`${output.name}_List`, output, type, wheres);
  }
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: query }),
    mutation: new GraphQLObjectType({ name: 'Mutation', fields: mutationFields(made, targets) }),
    types: made.map(({ output }) => output),
  });
}

/** Without non-null fields; undefined where the type itself has none. */
function partialType(
  type: ContentType,
  name: string,
  targets: Targets,
): GraphQLObjectType<EntryView, GraphqlContext> | undefined {
  if (!requiresAny(type.fields)) return undefined;
  const partial = `Partial_${name}`;
  return new GraphQLObjectType<EntryView, GraphqlContext>({
    name: partial,
    fields: () => outputFields(type, { name: partial, targets, complete: false }),
  });
}

function requiresAny(fields: readonly Field[]): boolean {
  return fields.some(
    (field) => field.required || shapesWithin(field).some(({ fields: inner }) => requiresAny(inner ?? [])),
  );
}

function shapesWithin(shape: ValueShape): ValueShape[] {
  return shape.of === undefined ? [shape] : shapesWithin(shape.of);
}

function fixedQueries(targets: Targets, wheres: Wheres): GraphQLFieldConfigMap<unknown, GraphqlContext> {
  return {
    me: {
      type: new GraphQLObjectType<GraphqlContext, GraphqlContext>({
        name: 'Caller',
        fields: {
          site: { type: GraphQLString, resolve: ({ site }) => site },
          user: { type: GraphQLString, resolve: ({ caller }) => caller?.subject ?? null },
          roles: { type: new GraphQLList(GraphQLString), resolve: ({ caller }) => caller?.roles ?? [] },
          scopes: { type: new GraphQLList(GraphQLString), resolve: ({ caller }) => caller?.scopes ?? [] },
        },
      }),
      resolve: (_source, _args, context) => context,
    },
    entry: {
      type: targets.entry,
      args: idArgument,
      resolve: (_source, { id }: { id: string }, context) => {
        checkArguments(id);
        return context.entry(id);
      },
    },
    entry_list: listField('Entry_List', targets.entry, undefined, wheres),
    search: {
      type: createSearchType(targets),
      description: 'By the service search, in the name of the caller',
      args: {
        q: { type: new GraphQLNonNull(GraphQLString) },
        type: { type: GraphQLString },
        limit: { type: GraphQLInt, defaultValue: 20 },
        cursor: { type: GraphQLString },
      },
      extensions: { cost: 20 },
      resolve: (_source, args: { q: string; type?: string; limit?: number; cursor?: string }, context) => {
        checkArguments(args);
        if (args.q.length > 1_000) throw invalid('q', 'must have at most 1000 characters');
        return context.search(args);
      },
    },
  };
}

function listField(name: string, entry: GraphQLOutputType, type: ContentType | undefined, wheres: Wheres) {
  const where = wheres.of(type);
  return {
    type: new GraphQLObjectType<EntryList, GraphqlContext>({
      name,
      fields: {
        items: {
          // Null in the place of an entry that lacks a required field which is asked for, so that the others stand.
          type: new GraphQLNonNull(new GraphQLList(entry)),
          resolve: (list) => list.items,
        },
        next_cursor: { type: GraphQLString, resolve: (list) => list.nextCursor ?? null },
        total: {
          type: GraphQLInt,
          description: 'Number of entries of all pages; null where counting takes too long',
          extensions: { cost: 100 },
          resolve: async (list) => (await list.total()) ?? null,
        },
      },
    }),
    args: { where: { type: where.type }, ...listArguments },
    extensions: { list: true, cost: 5 },
    resolve: (_source: unknown, args: ListArguments, context: GraphqlContext) => {
      checkArguments(args);
      return context.list(listRequest({ ...args, where: where.toJson(args.where) }, type?.name));
    },
  };
}
