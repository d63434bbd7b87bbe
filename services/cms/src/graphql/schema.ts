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
import type { ContentType } from '../types/field.ts';
import { checkArguments, idArgument, invalid, type ListArguments, listArguments, listRequest } from './arguments.ts';
import type { GraphqlContext } from './context.ts';
import { createSearchType, createTargets, entryFields, lastChangeFields } from './entry-types.ts';
import { inputType, outputFields, type Targets } from './field-types.ts';
import { mutationFields } from './mutations.ts';
import { fieldName, typeName } from './names.ts';

/** The schema of a site: made of its content types, with a resolver of its own for every field. */
export function buildSchema(types: readonly ContentType[]): GraphQLSchema {
  const nameOfId = new Map(types.map((type) => [type.id, typeName(type)]));
  const targets = createTargets((entry) => nameOfId.get(entry.type.id));
  const made = types.map((type) => {
    const name = typeName(type);
    const output = new GraphQLObjectType<EntryView, GraphqlContext>({
      name,
      description: type.label ?? null,
      interfaces: [targets.entry],
      fields: () => ({ ...entryFields, ...lastChangeFields, ...outputFields(type, name, targets) }),
    });
    return { type, output, input: inputType(type, name) };
  });
  const query: GraphQLFieldConfigMap<unknown, GraphqlContext> = fixedQueries(targets);
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
    query[`${field}_list`] = listField(`${output.name}_List`, output, type.name);
  }
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: query }),
    mutation: new GraphQLObjectType({ name: 'Mutation', fields: mutationFields(made, targets) }),
    types: made.map(({ output }) => output),
  });
}

function fixedQueries(targets: Targets): GraphQLFieldConfigMap<unknown, GraphqlContext> {
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
    entry_list: listField('Entry_List', targets.entry, undefined),
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

function listField(name: string, entry: GraphQLOutputType, type: string | undefined) {
  return {
    type: new GraphQLObjectType<EntryList, GraphqlContext>({
      name,
      fields: {
        items: {
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(entry))),
          resolve: (list) => list.items,
        },
        next_cursor: { type: GraphQLString, resolve: (list) => list.nextCursor ?? null },
      },
    }),
    args: listArguments,
    extensions: { list: true, cost: 5 },
    resolve: (_source: unknown, args: ListArguments, context: GraphqlContext) => {
      checkArguments(args);
      return context.list(listRequest(args, type));
    },
  };
}
