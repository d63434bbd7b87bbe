import { randomUUIDv7 } from 'node:crypto';
import { problem as serviceProblem } from '@gaia/http-service/problem';
import {
  type AccessRule,
  accessRule,
  FIRST_NAMED_CLASS,
  fixedClasses,
  type NamingVisibility,
  takesNames,
  type Visibility,
} from '@gaia/policy/access-rule';
import { sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../feed/outbox.ts';

/** What a caller says of to whom an entry is open; what is not said stays. */
export interface AccessInput {
  readonly visibility?: Visibility;
  readonly roles?: readonly string[];
  readonly products?: readonly string[];
}

/** Different rules with names that a site can have. */
const MAX_CLASSES = 1_000;

/** The rule that an input makes of a current one. Throws `validation_failed`. */
export function ruleOf(input: AccessInput, current: AccessRule): AccessRule {
  const visibility = input.visibility ?? current.visibility;
  for (const kind of ['roles', 'products'] as const) {
    if (input[kind] !== undefined && visibility !== kind) throw refuse(kind, `is for the visibility ${kind} only`);
  }
  if (!takesNames(visibility)) return accessRule(visibility);
  const names = input[visibility] ?? (current.visibility === visibility ? current.names : undefined);
  if (names === undefined) throw refuse(visibility, 'is missing');
  return accessRule(visibility, names);
}

/**
 * The number of a rule in its site; a rule that the site has not had gets the next one, and the feed tells of it.
 * Throws `too_many_access_rules`, and `validation_failed` for products that the site does not have.
 */
export async function internRule(
  transaction: CmsTransaction,
  deps: { readonly outbox: Pick<Outbox, 'append'>; readonly now: () => number },
  site: string,
  rule: AccessRule,
): Promise<number> {
  const { visibility, names } = rule;
  if (!takesNames(visibility)) return fixedClasses[visibility as Exclude<Visibility, NamingVisibility>];
  if (visibility === 'products') await holdProducts(transaction, site, names);
  const find = () =>
    transaction
      .selectFrom('access_classes')
      .select('id')
      .where('site', '=', site)
      .where('kind', '=', visibility)
      .where(sql<boolean>`names = ${sql.val(names)}::text[]`)
      .executeTakeFirst();
  const known = await find();
  if (known !== undefined) return known.id;
  // One at a time, so that two do not take the same number, nor two numbers for the same rule.
  await sql`select pg_advisory_xact_lock(hashtextextended('access_classes ' || ${site}, 0))`.execute(transaction);
  const meanwhile = await find();
  if (meanwhile !== undefined) return meanwhile.id;
  const { rows } = await sql<{ next: number }>`
    select coalesce(max(id) + 1, ${FIRST_NAMED_CLASS}::integer) as next from access_classes
    where site = ${site}`.execute(transaction);
  const id = rows[0]?.next ?? FIRST_NAMED_CLASS;
  if (id >= FIRST_NAMED_CLASS + MAX_CLASSES) throw problem('too_many_access_rules');
  const key = randomUUIDv7();
  await transaction
    .insertInto('access_classes')
    .values({ site, id, key, kind: visibility, names: [...names] })
    .execute();
  await deps.outbox.append(transaction, { site, id: key, kind: 'class' });
  return id;
}

/** Sees that the products are there, and keeps them there until the transaction ends. */
async function holdProducts(transaction: CmsTransaction, site: string, ids: readonly string[]): Promise<void> {
  const found = await transaction
    .selectFrom('products')
    .select('id')
    .where('site', '=', site)
    .where('id', 'in', [...ids])
    .forKeyShare()
    .execute();
  const missing = ids.find((id) => !found.some((product) => product.id === id));
  if (missing !== undefined) throw refuse('products', `names what is no product of this site: ${missing}`);
}

function refuse(member: string, message: string) {
  const path = `/body/${member}`;
  return serviceProblem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}
