import { randomUUIDv7 } from 'node:crypto';
import type { Actor } from '@gaia/audit-log/actor';
import type { AuditDetails } from '@gaia/audit-log/event';
import { isForeignKeyViolation, isUniqueViolation } from '@gaia/database/errors';
import { type ExpectedVersion, matches } from '@gaia/http-service/conditional-requests';
import type { Audit } from '../audit.ts';
import type { CmsDatabase, CmsTransaction } from '../database.ts';
import { problem } from '../errors.ts';
import { inTransaction } from '../transactions.ts';
import { sameJson } from '../values/json-values.ts';
import type { RandomBytes } from '../values/uuid.ts';
import { bounds, type ContentType, type Field } from './field.ts';
import { assignSlots } from './field-slots.ts';
import { scheduleFill, typesBeingFilled } from './slot-fills.ts';
import { defineType, sameDefinition, type TypeInput } from './type-definition.ts';
import { findType, insertType, listTypes, typeOfRow, updateType } from './type-store.ts';
import { dropUniqueValues, reserveTypeValues } from './unique-values.ts';

export interface TypesDependencies {
  readonly database: CmsDatabase;
  readonly audit: Audit;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
  /** Called after a change that entries in the feed show: their type's or fields' names. */
  readonly onChange: () => void;
}

/** Content types of sites. All throw `type_not_found` for a name that the site does not have. */
export interface Types {
  list(site: string): Promise<ContentType[]>;
  get(site: string, name: string): Promise<ContentType>;
  /** Ids of the types whose entries are still being made ready for filters and sorts by each field. */
  indexing(site: string): Promise<ReadonlySet<string>>;
  /** Throws `type_exists`, `too_many_types`, `validation_failed`. */
  create(by: Actor, site: string, input: TypeInput & { readonly name: string }): Promise<ContentType>;
  /** Throws `version_conflict` too, and `value_not_unique` if entries share a value of a field that becomes unique. */
  change(by: Actor, site: string, name: string, input: TypeInput, expected: ExpectedVersion): Promise<ContentType>;
  /** Throws `type_in_use` as long as there is an entry of the type, or another type that refers to it. */
  remove(by: Actor, site: string, name: string, expected: ExpectedVersion): Promise<void>;
}

export function createTypes({ database, audit, now, randomBytes, onChange }: TypesDependencies): Types {
  const newFieldId = () => fieldIdOf(randomBytes(8));

  async function create(by: Actor, site: string, input: TypeInput & { readonly name: string }): Promise<ContentType> {
    const id = randomUUIDv7();
    const others = await listTypes(database, site);
    if (others.length >= bounds.typesOfSite) throw problem('too_many_types');
    const typeIdOf = (name: string) => (name === input.name ? id : others.find((other) => other.name === name)?.id);
    const nothing = { name: input.name, label: undefined, titleField: undefined, language: undefined, fields: [] };
    const definition = defineType(nothing, { fields: [], ...input }, { newFieldId, typeIdOf });
    const slots = assignSlots(definition.fields, {});
    const type = await inTransaction(database, async (transaction) => {
      const times = { createdAt: now(), updatedAt: now() };
      const type = await insertType(transaction, { site, id, ...definition, slots, version: 1, ...times }).catch(
        refuseTakenName,
      );
      const details = { name: type.name, fields: type.fields.map((field) => field.name) };
      await audit.append(transaction, by, { action: 'type.create', site, target: id, details });
      return type;
    });
    audit.committed();
    return type;
  }

  async function change(by: Actor, site: string, name: string, input: TypeInput, expected: ExpectedVersion) {
    const changed = await inTransaction(database, async (transaction) => {
      const current = await lockType(transaction, site, name, expected);
      const others = await listTypes(transaction, site);
      const typeIdOf = (wanted: string) =>
        others.find((other) => (other.id === current.id ? (input.name ?? name) : other.name) === wanted)?.id;
      const definition = defineType(current, input, { newFieldId, typeIdOf });
      if (sameDefinition(current, definition)) return current;
      const slots = assignSlots(definition.fields, current.slots);
      const next = { ...current, ...definition, slots, version: current.version + 1, updatedAt: now() };
      await updateType(transaction, next).catch(refuseTakenName);
      await scheduleFill(transaction, current, next);
      await followUniques(transaction, current, next);
      await transaction
        .insertInto('feed_refreshes')
        .values({ site, type_id: current.id, after_id: null })
        .onConflict((conflict) => conflict.columns(['site', 'type_id']).doUpdateSet({ after_id: null }))
        .execute();
      const event = { action: 'type.change', site, target: current.id, details: typeChange(current, next) } as const;
      await audit.append(transaction, by, event);
      return next;
    });
    audit.committed();
    onChange();
    return changed;
  }

  async function remove(by: Actor, site: string, name: string, expected: ExpectedVersion): Promise<void> {
    await inTransaction(database, async (transaction) => {
      const current = await lockType(transaction, site, name, expected);
      const types = await listTypes(transaction, site);
      const referring = types.find((type) => type.id !== current.id && refersTo(type, current.id));
      if (referring !== undefined) throw problem('type_in_use', { detail: `The type ${referring.name} refers to it.` });
      await transaction
        .deleteFrom('feed_refreshes')
        .where('site', '=', site)
        .where('type_id', '=', current.id)
        .execute();
      await transaction
        .deleteFrom('content_types')
        .where('site', '=', site)
        .where('id', '=', current.id)
        .execute()
        .catch((error) => {
          throw isForeignKeyViolation(error, 'entries_type') ? problem('type_in_use') : error;
        });
      const details = { name: current.name };
      await audit.append(transaction, by, { action: 'type.remove', site, target: current.id, details });
    });
    audit.committed();
  }

  return {
    list: (site) => listTypes(database, site),
    get: async (site, name) => found(await findType(database, site, name)),
    indexing: (site) => typesBeingFilled(database, site),
    create,
    change,
    remove,
  };
}

function found(type: ContentType | undefined): ContentType {
  if (type === undefined) throw problem('type_not_found');
  return type;
}

/** Takes the row for oneself: entries that are being saved hold it shared, so a change of the type awaits them. */
async function lockType(
  transaction: CmsTransaction,
  site: string,
  name: string,
  expected: ExpectedVersion,
): Promise<ContentType> {
  const row = await transaction
    .selectFrom('content_types')
    .selectAll()
    .where('site', '=', site)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  const type = found(row && typeOfRow(row));
  if (!matches(expected, type.version)) {
    throw problem('version_conflict', { extensions: { current_version: type.version } });
  }
  return type;
}

async function followUniques(transaction: CmsTransaction, before: ContentType, after: ContentType): Promise<void> {
  const was = new Set(before.fields.filter((field) => field.unique).map((field) => field.id));
  const is = after.fields.filter((field) => field.unique);
  const isIds = new Set(is.map((field) => field.id));
  const gone = [...was].filter((id) => !isIds.has(id));
  if (gone.length > 0) await dropUniqueValues(transaction, after, gone);
  for (const field of is.filter((candidate) => !was.has(candidate.id))) {
    if (await reserveTypeValues(transaction, after, field.id)) continue;
    const path = `/body/fields/${after.fields.indexOf(field)}/unique`;
    throw problem('value_not_unique', { errors: [{ path, message: 'does not hold: entries share a value' }] });
  }
}

/** What a change of a type is, by names; whether rules of who may read or write a field are among it. */
function typeChange(before: ContentType, after: ContentType): AuditDetails {
  const fieldOf = (type: ContentType, id: string) => type.fields.find((field) => field.id === id);
  const namesOf = (fields: readonly Field[]) => fields.map((field) => field.name);
  const changed = after.fields.filter((field) => {
    const was = fieldOf(before, field.id);
    return was !== undefined && !sameJson(field, was);
  });
  const rulesOf = (field: Field | undefined) => [field?.readable_by ?? null, field?.writable_by ?? null];
  return {
    name: after.name,
    renamed_from: before.name === after.name ? undefined : before.name,
    added: namesOf(after.fields.filter((field) => fieldOf(before, field.id) === undefined)),
    changed: namesOf(changed),
    access_changed: namesOf(changed.filter((field) => !sameJson(rulesOf(field), rulesOf(fieldOf(before, field.id))))),
    removed: namesOf(before.fields.filter((field) => fieldOf(after, field.id) === undefined)),
  };
}

function refersTo(type: ContentType, id: string): boolean {
  return JSON.stringify(type.fields satisfies readonly Field[]).includes(id);
}

function refuseTakenName(error: unknown): never {
  throw isUniqueViolation(error, 'content_types_name') ? problem('type_exists') : error;
}

/** 40 random bits in letters and digits: short, because every entry carries it; unique within its type by far. */
function fieldIdOf(bytes: Uint8Array): string {
  return `f${Buffer.from(bytes).readBigUInt64BE().toString(36).padStart(13, '0').slice(-9)}`;
}
