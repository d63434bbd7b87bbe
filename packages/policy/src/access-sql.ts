import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { grantsOf } from './access-classes.ts';
import type { Caller } from './caller.ts';

/**
 * SQL for the numbers of the classes that a caller is in, as `integer[]`: what `classesOf` gives, by the tables
 * `access_classes (site, id, kind, names)` and `entitlements (site, subject, product, held)` of the search path.
 * It depends on no row of the query around it, so PostgreSQL works it out once a query.
 */
export function callerClassesSql(caller: Caller, site: string): RawBuilder<number[]> {
  const { fixed, holder } = grantsOf(caller, site);
  if (holder === undefined) return sql`${sql.val(fixed)}::integer[]`;
  return sql`(${sql.val(fixed)}::integer[] || array(
    select c.id from access_classes c where c.site = ${site} and case c.kind
      when 'roles' then c.names && ${sql.val(holder.roles)}::text[]
      when 'products' then c.names && array(
        select n.product from entitlements n where n.site = ${site} and n.subject = ${holder.subject} and n.held)
      else false end))`;
}

/**
 * Whether a caller holds one of some products (`text[]`), by the same tables; for what asks for products by itself and has no
 * class. It depends on no row either, but for the products.
 */
export function holdsOneOfSql(caller: Caller, site: string, products: Expression<string[]>): RawBuilder<SqlBool> {
  const { holder } = grantsOf(caller, site);
  if (holder === undefined) return sql`false`;
  return sql`${products} && array(
    select n.product from entitlements n where n.site = ${site} and n.subject = ${holder.subject} and n.held)`;
}

/** The fact `granted` of a row: whether its class is one of the caller's. */
export function grantedSql(caller: Caller, site: string, accessClass: Expression<number>): RawBuilder<SqlBool> {
  return sql`${accessClass} = any(${callerClassesSql(caller, site)})`;
}
