import type { Caller } from './caller.ts';

/** Roles that may read or write a field of entries that they may read or write; without a list, all. */
export interface FieldRules {
  /** Roles of which one is needed. */
  readonly readable_by?: readonly string[];
  readonly writable_by?: readonly string[];
}

/** Whether a caller passes the rule of a field's readers. It says nothing of the entry that the field stands in. */
export function mayReadField(caller: Caller, readableBy: FieldRules['readable_by']): boolean {
  return passes(caller, readableBy);
}

/** The same for its writers. */
export function mayWriteField(caller: Caller, writableBy: FieldRules['writable_by']): boolean {
  return passes(caller, writableBy);
}

/** Users who define types could remove a rule, so no rule binds them. */
function passes(caller: Caller, roles: readonly string[] | undefined): boolean {
  if (roles === undefined) return true;
  if (caller === undefined) return false;
  return caller.scopes.includes('types:manage') || caller.roles.some((role) => roles.includes(role));
}
