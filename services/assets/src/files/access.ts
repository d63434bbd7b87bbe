import type { Identity } from '@gaia/tokens/identity';
import type { StoredFile } from './stored-file.ts';

/** Who asks; undefined for somebody without a token. */
export type Caller = Pick<Identity, 'subject' | 'site' | 'scopes'> | undefined;

/**
 * `yes`, or why not: `unknown` nobody needs to hear that it exists, `token` a token would help, `scope` the token's permissions
 * do not reach, `forbidden` it is somebody else's.
 */
export type Access = 'yes' | 'unknown' | 'token' | 'scope' | 'forbidden';

type Facts = Pick<StoredFile, 'site' | 'visibility' | 'uploadedBy'>;

/** Public files are everybody's; all others those members' of their site who may read files. */
export function mayRead(caller: Caller, file: Facts): Access {
  if (file.visibility === 'public') return 'yes';
  if (caller === undefined) return 'token';
  if (caller.site !== file.site) return 'unknown';
  return caller.scopes.includes('assets:read') ? 'yes' : 'scope';
}

/** One's own uploads, as long as one may upload; those of others for who may edit others' content. */
export function mayDelete(caller: Caller, file: Facts): Access {
  if (caller === undefined) return 'token';
  if (caller.site !== file.site) return 'unknown';
  if (caller.scopes.includes('content:edit')) return 'yes';
  if (!caller.scopes.includes('assets:write')) return 'scope';
  return caller.subject === file.uploadedBy ? 'yes' : 'forbidden';
}
