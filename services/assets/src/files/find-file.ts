import type { Problem } from '@gaia/http-service/problem';
import { insufficientScope, problem, tokenMissing } from '../errors.ts';
import type { Access, Caller } from './access.ts';
import type { Files } from './files.ts';
import type { StoredFile } from './stored-file.ts';

/**
 * A file that the caller may use in a way. Throws file_not_found (also for files of other sites), token_missing,
 * insufficient_scope, forbidden.
 */
export async function findFile(
  files: Pick<Files, 'find'>,
  id: string,
  caller: Caller,
  may: (caller: Caller, file: StoredFile) => Access,
  scope: string,
): Promise<StoredFile> {
  const file = await files.find(id);
  if (file === undefined) throw problem('file_not_found');
  const access = may(caller, file);
  if (access === 'yes') return file;
  throw refusal(access, scope);
}

function refusal(access: Exclude<Access, 'yes'>, scope: string): Problem {
  switch (access) {
    case 'unknown':
      return problem('file_not_found');
    case 'token':
      return tokenMissing();
    case 'scope':
      return insufficientScope(scope);
    case 'forbidden':
      return problem('forbidden');
  }
}
