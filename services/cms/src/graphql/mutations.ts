import { type Visibility, visibilities } from '@gaia/policy/access-rule';
import { insufficientScope } from '@gaia/token-guard/problems';
import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLInputObjectType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import type { Author } from '../entries/author.ts';
import type { SavedEntry } from '../entries/entry.ts';
import type { EntryInput } from '../entries/entry-service.ts';
import { problem } from '../errors.ts';
import type { ContentType } from '../types/field.ts';
import type { JsonObject } from '../values/json-values.ts';
import { PRODUCT_ID, ROLE_NAME } from '../values/names.ts';
import { accessArguments, checkArguments, idArgument, invalid, versionArgument } from './arguments.ts';
import type { GraphqlContext } from './context.ts';
import type { Targets } from './field-types.ts';
import { fieldName } from './names.ts';

type Mutation = GraphQLFieldConfig<unknown, GraphqlContext>;

interface ChangeArguments {
  readonly id?: string;
  readonly expectedVersion?: number | null;
  readonly fields?: JsonObject | null;
  readonly visibility?: string | null;
  readonly roles?: readonly string[] | null;
  readonly products?: readonly string[] | null;
  readonly references?: string | null;
  readonly publish?: boolean | null;
}

/** A change is worth as much as so many fields. */
const cost = { cost: 100 };

/** Changes of entries, by the same functions as over REST. */
export function mutationFields(
  types: readonly {
    readonly type: ContentType;
    readonly output: GraphQLObjectType;
    readonly input: GraphQLInputObjectType | undefined;
  }[],
  targets: Targets,
): GraphQLFieldConfigMap<unknown, GraphqlContext> {
  const saved = savedType('Entry_Saved', targets.entry);
  const fields: GraphQLFieldConfigMap<unknown, GraphqlContext> = {
    publish_entry: onEntry(saved, 'content:publish', 'publish', ({ entries, site }, author, id, expected, all) =>
      entries.publish(author, site, id, expected, all ? 'publish' : 'refuse'),
    ),
    unpublish_entry: onEntry(saved, 'content:publish', 'unlink', ({ entries, site }, author, id, expected, all) =>
      entries.unpublish(author, site, id, expected, all ? 'unlink' : 'refuse'),
    ),
    delete_entry: onEntry(
      new GraphQLObjectType({ name: 'Entry_Deleted', fields: { seq: { type: new GraphQLNonNull(GraphQLString) } } }),
      'content:write',
      'unlink',
      async ({ entries, site }, author, id, expected, all) => ({
        seq: await entries.remove(author, site, id, expected, all ? 'unlink' : 'refuse'),
      }),
    ),
  };
  for (const { type, output, input } of types) {
    const name = fieldName(type);
    const args = { ...accessArguments, ...(input !== undefined && { fields: { type: input } }) };
    const result = savedType(`${output.name}_Saved`, output);
    fields[`create_${name}`] = {
      type: result,
      args: { ...args, publish: { type: GraphQLBoolean, description: 'Publishes it at once.' } },
      extensions: cost,
      resolve: (_source, given: ChangeArguments, context) => {
        const author = authorWith(context, 'content:write');
        const input = { ...inputOf(given), publish: given.publish === true };
        return context.entries.create(author, context.site, type.name, input, context.files);
      },
    };
    fields[`update_${name}`] = {
      type: result,
      args: { ...idArgument, ...versionArgument, ...args },
      extensions: cost,
      resolve: async (_source, given: ChangeArguments, context) => {
        const author = authorWith(context, 'content:write');
        const id = String(given.id);
        const entry = await context.entries.get(author, context.site, id);
        if (entry.type.id !== type.id) throw problem('entry_not_found');
        return context.entries.update(author, context.site, id, inputOf(given), versionsOf(given), context.files);
      },
    };
  }
  return fields;
}

function onEntry(
  type: GraphQLOutputType,
  scope: string,
  /** What can be asked for of the references that are in the way. */
  references: 'publish' | 'unlink',
  work: (
    context: GraphqlContext,
    author: Author,
    id: string,
    expected: number[] | undefined,
    asked: boolean,
  ) => Promise<unknown>,
): Mutation {
  return {
    type,
    args: {
      ...idArgument,
      ...versionArgument,
      references: { type: GraphQLString, description: `refuse (if absent) or ${references}` },
    },
    extensions: cost,
    resolve: (_source, given: ChangeArguments, context) => {
      const author = authorWith(context, scope);
      checkArguments(given);
      const asked = given.references ?? 'refuse';
      if (asked !== 'refuse' && asked !== references) throw invalid('references', `must be refuse or ${references}`);
      return work(context, author, String(given.id), versionsOf(given), asked === references);
    },
  };
}

function savedType(name: string, entry: GraphQLOutputType): GraphQLObjectType {
  return new GraphQLObjectType<SavedEntry, GraphqlContext>({
    name,
    fields: {
      entry: { type: entry, resolve: (saved) => saved.entry },
      seq: {
        type: new GraphQLNonNull(GraphQLString),
        description: 'Position of the change in the feed',
        resolve: (saved) => saved.seq,
      },
    },
  });
}

function authorWith({ caller, actor }: GraphqlContext, scope: string): Author {
  if (caller === undefined || !caller.scopes.includes(scope)) throw insufficientScope([scope]);
  return { ...caller, by: actor };
}

function versionsOf({ expectedVersion }: ChangeArguments): number[] | undefined {
  return expectedVersion === null || expectedVersion === undefined ? undefined : [expectedVersion];
}

function inputOf(given: ChangeArguments): EntryInput {
  checkArguments(given);
  const { visibility, roles, products, fields } = given;
  if (visibility != null && !visibilities.includes(visibility as Visibility)) {
    throw invalid('visibility', `must be one of ${visibilities.join(', ')}`);
  }
  checkNames('roles', roles, ROLE_NAME);
  checkNames('products', products, PRODUCT_ID);
  return {
    ...(visibility != null && { visibility: visibility as Visibility }),
    ...(roles != null && { roles }),
    ...(products != null && { products }),
    // Input objects come without a prototype; what checks the fields takes plain ones.
    ...(fields != null && { fields: JSON.parse(JSON.stringify(fields)) as JsonObject }),
  };
}

function checkNames(name: string, values: readonly string[] | null | undefined, syntax: string): void {
  if (values == null) return;
  const pattern = new RegExp(syntax);
  if (values.length < 1 || values.length > 20 || !values.every((value) => pattern.test(value))) {
    throw invalid(name, 'must list 1 to 20 names');
  }
}
