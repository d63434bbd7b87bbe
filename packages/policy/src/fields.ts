import type { Caller } from './caller.ts';

/** Who may read or write one field of the entries that he may read or write; everybody where a list is absent. */
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

/** Whoever defines the types could take a rule away, so no rule binds him. */
function passes(caller: Caller, roles: readonly string[] | undefined): boolean {
  if (roles === undefined) return true;
  if (caller === undefined) return false;
  return caller.scopes.includes('types:manage') || caller.roles.some((role) => roles.includes(role));
}
