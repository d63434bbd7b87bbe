import { type NamingVisibility, takesNames } from '@gaia/policy/access-rule';
import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLID,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { EntryView } from '../entries/entry.ts';
import type { JsonObject } from '../values/json-values.ts';
import { createAssetType } from './asset-type.ts';
import type { GraphqlContext } from './context.ts';
import type { Targets } from './field-types.ts';

const text = new GraphQLNonNull(GraphQLString);
const texts = new GraphQLList(new GraphQLNonNull(GraphQLString));
type EntryField = GraphQLFieldConfig<EntryView, GraphqlContext>;

const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
const names = (kind: NamingVisibility): EntryField => ({
  type: texts,
  description: `With the visibility ${kind}: one of them is needed`,
  resolve: ({ rule }) => (takesNames(rule.visibility) && rule.visibility === kind ? rule.names : null),
});

/** What every entry has; the same names as over REST. */
export const entryFields: GraphQLFieldConfigMap<EntryView, GraphqlContext> = Object.freeze({
  id: { type: new GraphQLNonNull(GraphQLID), resolve: (entry) => entry.id },
  site: { type: text, resolve: (entry) => entry.site },
  type: { type: text, resolve: (entry) => entry.type.name },
  status: { type: text, description: 'draft or published', resolve: (entry) => entry.status },
  visibility: { type: text, resolve: (entry) => entry.rule.visibility },
  roles: names('roles'),
  products: names('products'),
  author: { type: text, resolve: (entry) => entry.author },
  version: {
    type: new GraphQLNonNull(GraphQLInt),
    description: 'For expectedVersion',
    resolve: (entry) => entry.version,
  },
  changed: { type: new GraphQLNonNull(GraphQLBoolean), resolve: (entry) => entry.changed },
  created_at: { type: text, resolve: (entry) => time(entry.createdAt) },
  updated_at: { type: text, resolve: (entry) => time(entry.updatedAt) },
  published_at: { type: GraphQLString, resolve: (entry) => time(entry.publishedAt) },
} satisfies GraphQLFieldConfigMap<EntryView, GraphqlContext>);

/** Beside those: a content type may have fields of these names, from before they were taken, which then come first. */
export const lastChangeFields: GraphQLFieldConfigMap<EntryView, GraphqlContext> = Object.freeze({
  updated_by: {
    type: GraphQLString,
    description: 'Who made the last change; null for those who may not change the entry',
    resolve: ({ lastChange }) => lastChange?.by ?? null,
  },
  updated_via: {
    type: GraphQLString,
    description: 'The party that made it for them',
    resolve: ({ lastChange }) => lastChange?.via ?? null,
  },
} satisfies GraphQLFieldConfigMap<EntryView, GraphqlContext>);

/** The types that fields lead to; `typeOf` gives the GraphQL type of a content type, by its id. */
export function createTargets(typeOf: Targets['typeOf']): Targets {
  return {
    typeOf,
    entry: new GraphQLInterfaceType({
      name: 'Entry',
      fields: entryFields,
      resolveType: (entry: EntryView) => typeOf(entry.type.id)?.name,
    }),
    asset: createAssetType(),
  };
}

/** What search found; the entry is read here again, so that nothing shows that is not visible any more. */
export function createSearchType(targets: Targets): GraphQLObjectType {
  const result = new GraphQLObjectType<JsonObject, GraphqlContext>({
    name: 'Search_Result',
    fields: {
      id: { type: new GraphQLNonNull(GraphQLID), resolve: ({ id }) => id },
      title: { type: GraphQLString, resolve: ({ title }) => title },
      highlight: { type: GraphQLString, resolve: ({ highlight }) => highlight },
      entry: { type: targets.entry, resolve: ({ id }, _args, context) => context.entry(String(id)) },
    },
  });
  return new GraphQLObjectType<JsonObject, GraphqlContext>({
    name: 'Search',
    fields: {
      items: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(result))),
        extensions: { list: true },
        resolve: ({ items }) => (Array.isArray(items) ? items : []),
      },
      total: { type: GraphQLInt, resolve: ({ total }) => total },
      next_cursor: { type: GraphQLString, resolve: ({ next_cursor: cursor }) => cursor },
    },
  });
}
