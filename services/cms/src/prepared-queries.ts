import type { Caller } from '@gaia/policy/visibility';
import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { CmsReader } from './database.ts';

/** In a statement that is written once: the place of a value that each use gives. */
export type QueryParameters<Values> = { readonly [Name in keyof Values]: RawBuilder<Values[Name]> };

/** Runs a statement with its values; gives the rows. */
export type PreparedQuery<Values, Row> = (reader: CmsReader, values: Values) => Promise<readonly Row[]>;

/** The same in the name of a caller who is not of another site. */
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

/**
 * A statement whose text is always the same: put together and written out at its first use, which costs as much as a short
 * query does, and only given its values from then on.
 */
export function statement<Values extends object, Row = unknown>(
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

/** Stand for the caller while a text is written; no site, subject or role can be these. */
const SITE = '\u0000site';
const SUBJECT = '\u0000subject';
const ROLES: readonly string[] = Object.freeze(['\u0000role']);
/** Different sets of permissions for which texts are kept. */
const MAX_TEXTS = 200;

/**
 * A statement that asks the policy. Its text depends on whether there is a caller and on his permissions alone; who he is, his
 * site and his roles are values, so one text serves all callers of the same permissions.
 */
export function preparedCallerQuery<Values extends object, Row = unknown>(
  names: readonly (keyof Values & string)[],
  write: (caller: Caller, site: string, parameters: QueryParameters<Values>) => RawBuilder<Row>,
): PreparedCallerQuery<Values, Row> {
  const texts = new Map<string, CompiledQuery<Row>>();

  function textFor(reader: CmsReader, caller: Caller): CompiledQuery<Row> {
    const key = caller === undefined ? 'nobody' : `with ${caller.scopes.join(' ')}`;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const anybody = caller && { site: SITE, subject: SUBJECT, roles: ROLES, scopes: caller.scopes };
    const compiled = write(anybody, SITE, parametersOf(names)).compile(reader);
    if (texts.size >= MAX_TEXTS) texts.clear();
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
