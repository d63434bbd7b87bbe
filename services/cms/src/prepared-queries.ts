import type { Caller } from '@gaia/policy/visibility';
import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { CmsReader } from './database.ts';

/** Placeholders for the values of a query. */
export type QueryParameters<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

export type PreparedQuery<Values, Row> = (reader: CmsReader, values: Values) => Promise<readonly Row[]>;

/** For a caller of the site; gives no rows to callers of another site. */
export type PreparedCallerQuery<Values, Row> = (
  reader: CmsReader,
  caller: Caller,
  site: string,
  values: Values,
) => Promise<readonly Row[]>;

class QueryParameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function parametersOf<Values>(names: readonly (keyof Values & string)[]): QueryParameters<Values> {
  return Object.fromEntries(names.map((name) => [name, sql.val(new QueryParameter(name))])) as QueryParameters<Values>;
}

/** A query with constant text: compiled once, because compiling costs as much as a short query. */
export function preparedQuery<Values extends object, Row = unknown>(
  names: readonly (keyof Values & string)[],
  write: (parameters: QueryParameters<Values>) => RawBuilder<Row>,
): PreparedQuery<Values, Row> {
  let compiled: CompiledQuery<Row> | undefined;
  return async (reader, values) => {
    compiled ??= write(parametersOf(names)).compile(reader);
    return execute(reader, compiled, (parameter) =>
      parameter instanceof QueryParameter ? (values as Record<string, unknown>)[parameter.name] : parameter,
    );
  };
}

/** Placeholders for the caller in a compiled query; NUL makes them impossible as a site, subject or role. */
const SITE = '\u0000site';
const SUBJECT = '\u0000subject';
const ROLES: readonly string[] = Object.freeze(['\u0000role']);
/** Limit of cached sets of permissions. */
const MAX_TEXTS = 200;

/**
 * A query with the predicate of the policy. Its text depends only on whether there is a caller and on their permissions. Subject, site
 * and roles are parameters, so one text serves all callers with the same permissions.
 */
export function preparedCallerQuery<Values extends object, Row = unknown>(
  names: readonly (keyof Values & string)[],
  write: (caller: Caller, site: string, parameters: QueryParameters<Values>) => RawBuilder<Row>,
): PreparedCallerQuery<Values, Row> {
  const texts = new LRUCache<string, CompiledQuery<Row>>({ max: MAX_TEXTS });

  function textFor(reader: CmsReader, caller: Caller): CompiledQuery<Row> {
    const key = caller === undefined ? 'anonymous' : `with ${caller.scopes.join(' ')}`;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const placeholder = caller && { site: SITE, subject: SUBJECT, roles: ROLES, scopes: caller.scopes };
    const compiled = write(placeholder, SITE, parametersOf(names)).compile(reader);
    texts.set(key, compiled);
    return compiled;
  }

  return async (reader, caller, site, values) => {
    if (caller !== undefined && caller.site !== site) return [];
    return execute(reader, textFor(reader, caller), (parameter) => {
      if (parameter instanceof QueryParameter) return (values as Record<string, unknown>)[parameter.name];
      if (parameter === SITE) return site;
      if (parameter === SUBJECT) return caller?.subject;
      return parameter === ROLES ? caller?.roles : parameter;
    });
  };
}

async function execute<Row>(
  reader: CmsReader,
  compiled: CompiledQuery<Row>,
  fill: (parameter: unknown) => unknown,
): Promise<readonly Row[]> {
  const { rows } = await reader.executeQuery<Row>({ ...compiled, parameters: compiled.parameters.map(fill) });
  return rows;
}
