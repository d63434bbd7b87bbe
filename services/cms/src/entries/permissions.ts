import { mayWriteField } from '@gaia/policy/fields';
import { editable, workingCopyReadable } from '@gaia/policy/visibility';
import { insufficientScope } from '@gaia/token-guard/problems';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { Author } from './author.ts';
import { allows } from './entry-columns.ts';
import type { StoredEntry } from './stored-entry.ts';

export function demandEditable(author: Author, entry: StoredEntry): void {
  if (!allows(editable(author, entry.site), entry)) throw insufficientScope(['content:edit']);
}

export function demandWorkingCopy(author: Author, entry: StoredEntry): void {
  if (!allows(workingCopyReadable(author, entry.site), entry)) throw insufficientScope(['content:edit']);
}

/** Throws `field_not_writable` naming the fields that the author may not write. */
export function demandWritable(author: Author, type: CompiledType, fields: JsonObject = {}): void {
  const refused = type.fields.filter(
    (field) => Object.hasOwn(fields, field.name) && !mayWriteField(author, field.writable_by),
  );
  if (refused.length === 0) return;
  const errors = refused.map(({ name }) => ({
    path: `/body/fields/${name}`,
    message: 'is writable to other roles only',
  }));
  throw problem('field_not_writable', { errors, extensions: { fields: refused.map(({ name }) => name) } });
}

export function demandScope(author: Author, scope: string): void {
  if (!author.scopes.includes(scope)) throw insufficientScope([scope]);
}
