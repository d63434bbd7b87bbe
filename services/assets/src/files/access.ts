import type { Problem } from '@gaia/http-service/problem';
import type { Caller } from '@gaia/policy/visibility';
import { insufficientScope, tokenMissing } from '@gaia/token-guard/problems';
import { problem } from '../errors.ts';
import type { Files } from './files.ts';
import type { StoredFile } from './stored-file.ts';

/** A file that the caller may read. Throws file_not_found, token_missing, insufficient_scope. */
export async function readableFile(
  files: Pick<Files, 'find' | 'isReadable'>,
  id: string,
  caller: Caller,
): Promise<StoredFile> {
  const file = await files.find(id);
  if (file === undefined) throw problem('file_not_found');
  if (await files.isReadable(caller, file)) return file;
  throw refusal(caller, file);
}

/** Does not disclose the existence of files that no permission of the caller opens. */
function refusal(caller: Caller, { site, visibility }: StoredFile): Problem {
  if (caller === undefined) return tokenMissing();
  const wouldHelp = visibility === 'members' && caller.site === site && !caller.scopes.includes('assets:read');
  return wouldHelp ? insufficientScope(['assets:read']) : problem('file_not_found');
}

/**
 * A file that the caller may change or delete: one's own uploads, as long as one may upload, those of others for who may edit
 * others' content. Throws file_not_found (also for files of other sites), insufficient_scope, forbidden.
 */
export async function changeableFile(
  files: Pick<Files, 'find'>,
  id: string,
  caller: NonNullable<Caller>,
): Promise<StoredFile> {
  const file = await files.find(id);
  if (file === undefined || caller.site !== file.site) throw problem('file_not_found');
  if (caller.scopes.includes('content:edit')) return file;
  if (!caller.scopes.includes('assets:write')) throw insufficientScope(['assets:write']);
  if (caller.subject !== file.uploadedBy) throw problem('forbidden');
  return file;
}
