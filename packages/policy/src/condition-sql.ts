import { type Expression, type SqlBool, sql } from 'kysely';
import type { Condition, TextAttribute } from './condition.ts';

/** Where a table keeps the facts that conditions ask about: `published` and `granted` as booleans, the others as text. */
export interface ConditionColumns extends Readonly<Record<TextAttribute, Expression<string>>> {
  readonly published: Expression<SqlBool>;
  /** See `grantedSql`. */
  readonly granted: Expression<SqlBool>;
}

/**
 * The condition as a SQL predicate over a table's columns; selects exactly the rows for which `holds` is true, as
 * long as no column is null. Every value travels as a parameter.
 */
export function conditionSql(condition: Condition, columns: ConditionColumns): Expression<SqlBool> {
  switch (condition.is) {
    case 'always':
      return sql<SqlBool>`true`;
    case 'never':
      return sql<SqlBool>`false`;
    case 'published':
      return sql<SqlBool>`(${columns.published})`;
    case 'granted':
      return sql<SqlBool>`(${columns.granted})`;
    case 'oneOf': {
      const column = columns[condition.attribute];
      const [first, ...others] = condition.values;
      if (others.length === 0) return sql<SqlBool>`${column} = ${first}`;
      return sql<SqlBool>`${column} in (${sql.join(condition.values.map((value) => sql`${value}`))})`;
    }
    case 'all':
      return joined(condition.of, columns, sql` and `);
    case 'any':
      return joined(condition.of, columns, sql` or `);
  }
}

function joined(parts: readonly Condition[], columns: ConditionColumns, by: ReturnType<typeof sql>) {
  return sql<SqlBool>`(${sql.join(
    parts.map((part) => conditionSql(part, columns)),
    by,
  )})`;
}
