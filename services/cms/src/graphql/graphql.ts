import type { Actor } from '@gaia/audit-log/actor';
import type { Caller } from '@gaia/policy/visibility';
import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { CmsDatabase } from '../database.ts';
import type { Entries } from '../entries/entry-service.ts';
import { listEntries } from '../entry-queries/list-entries.ts';
import { problem } from '../errors.ts';
import type { CallContext } from '../service-clients/call-context.ts';
import { readableFiles } from '../service-clients/readable-files.ts';
import type { ServiceClients } from '../service-clients/service-clients.ts';
import type { ContentType } from '../types/field.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { listTypes } from '../types/type-store.ts';
import type { GraphqlContext } from './context.ts';
import { formatError } from './errors.ts';
import { exactNumbers } from './exact-numbers.ts';
import { keyLoader } from './key-loader.ts';
import { enforceQueryLimits, limitNesting, limits } from './limits.ts';
import { buildSchema } from './schema.ts';

export interface GraphqlRequest {
  readonly caller: Caller;
  readonly actor: Actor;
  readonly site: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  readonly call: CallContext;
  readonly onFault: (fault: unknown) => void;
}

export interface GraphqlResponse {
  /** 400: nothing was carried out; 200: it was, though parts may have failed. */
  readonly status: 200 | 400;
  readonly body: { data?: unknown; errors?: GraphQLFormattedError[] };
}

export interface GraphqlDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly entries: Entries;
  readonly serviceClients: ServiceClients;
}

const MAX_SCHEMAS = 100;

/** Carries out one GraphQL request (GraphQL over HTTP, application/json) on the schema of the caller's site. */
export function createGraphql(deps: GraphqlDependencies): (request: GraphqlRequest) => Promise<GraphqlResponse> {
  const { database, types, entries, serviceClients } = deps;
  const schemas = new LRUCache<string, { versions: string; schema: GraphQLSchema }>({ max: MAX_SCHEMAS });

  /** A schema is good as long as the site's types have the same versions. */
  function schemaOf(site: string, siteTypes: readonly ContentType[]): GraphQLSchema {
    const versions = siteTypes.map(({ id, version }) => `${id}:${version}`).join(' ');
    const known = schemas.get(site);
    const schema = known?.versions === versions ? known.schema : buildSchema(siteTypes);
    schemas.set(site, { versions, schema });
    return schema;
  }

  function contextOf({ caller, actor, site, call }: GraphqlRequest): GraphqlContext {
    return {
      caller,
      actor,
      site,
      entries,
      list: (request) => listEntries(database, types, caller, site, request),
      entry: keyLoader((ids) => entries.getMany(caller, site, ids)),
      asset: keyLoader((ids) => serviceClients.assets(site, ids, call)),
      files: readableFiles(serviceClients, site, call),
      search: (request) => serviceClients.search({ site, ...request }, call),
    };
  }

  return async (request) => {
    const { caller } = request;
    const maySeeSchema = caller?.scopes.includes('content:write') ?? false;
    const format = (error: GraphQLError) => formatError(error, { maySeeSchema, onFault: request.onFault });
    const schema = schemaOf(request.site, await listTypes(database, request.site));
    let document: DocumentNode;
    try {
      limitNesting(request.query);
      document = parse(request.query, { maxTokens: limits.tokens, noLocation: false });
      const invalid = validate(schema, document, rules(maySeeSchema), { maxErrors: 10 });
      if (invalid.length > 0) return { status: 400, body: { errors: invalid.map(format) } };
      const operation = getOperationAST(document, request.operationName);
      if (!operation || !schema.getRootType(operation.operation)) {
        throw new GraphQLError('The operation to be carried out is not named, not there, or of a kind that is not.');
      }
      enforceQueryLimits(schema, document, operation, request.variables);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { status: 400, body: { errors: [format(error)] } };
    }
    const result = await execute({
      schema,
      document,
      contextValue: contextOf(request),
      variableValues: request.variables,
      operationName: request.operationName ?? null,
    });
    const errors = result.errors?.map(format);
    if (result.data === undefined) return { status: 400, body: { ...(errors && { errors }) } };
    return { status: 200, body: { data: result.data, ...(errors && { errors }) } };
  };
}

function rules(maySeeSchema: boolean): readonly ValidationRule[] {
  return [exactNumbers, ...(maySeeSchema ? [] : [noIntrospection]), ...specifiedRules];
}

/** The schema names drafts' fields and types: it is for those who write. `__typename` is everybody's. */
const noIntrospection: ValidationRule = (context) => ({
  [Kind.FIELD]: (node: { name: { value: string } }) => {
    if (!['__schema', '__type'].includes(node.name.value)) return;
    const refusal = problem('introspection_forbidden', {
      detail: 'The schema is shown to those who may write content.',
    });
    context.reportError(new GraphQLError(refusal.message, { originalError: refusal }));
  },
});
