import type { Content } from './client.ts';
import { GaiaError, type GaiaErrorOptions } from './error.ts';
import type { CallOptions } from './http/http.ts';

/** A document that knows its result and variables at compile time, as code generators make them. */
export interface TypedDocument<Result, Variables> {
  toString(): string;
  /** Never there; carries the types. */
  readonly __apiType?: (variables: Variables) => Result;
}

export type Graphql = <Result = Readonly<Record<string, unknown>>, Variables = Readonly<Record<string, unknown>>>(
  document: string | TypedDocument<Result, Variables>,
  variables?: Variables,
  options?: CallOptions,
) => Promise<Result>;

interface GraphqlError {
  readonly message?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * GraphQL on the content of the client's site. An error of any part rejects with GaiaError: its `code` as over REST,
 * `details.errors` all errors, `details.data` what there is nevertheless.
 */
export function createGraphql({ http, site }: Pick<Content<Record<never, never>>, 'http' | 'site'>): Graphql {
  return async <Result, Variables>(
    document: string | TypedDocument<Result, Variables>,
    variables?: Variables,
    options?: CallOptions,
  ) => {
    const json = { query: String(document), variables };
    const { status, body } = await http.call('POST', '/graphql', { ...options, json, query: { site } }).catch(refused);
    const { data, errors } = (body ?? {}) as { data?: Result; errors?: readonly GraphqlError[] };
    if (errors?.[0] !== undefined) throw errorOf(errors, { status, details: { errors, data } });
    return data as Result;
  };
}

/** A request that is no GraphQL is refused with errors too, in the form of GraphQL. */
function refused(error: unknown): never {
  if (error instanceof GaiaError && error.code === 'unexpected_response' && error.errors.length > 0) {
    const { status, requestId, errors } = error;
    throw errorOf(errors as unknown as GraphqlError[], { status, requestId, details: { errors } });
  }
  throw error;
}

function errorOf(errors: readonly GraphqlError[], options: GaiaErrorOptions): GaiaError {
  const { message, extensions } = errors[0] ?? {};
  const code = typeof extensions?.code === 'string' ? extensions.code : 'graphql_error';
  return new GaiaError(code, message ?? 'The request has failed', options);
}
