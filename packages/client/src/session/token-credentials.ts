import type { GaiaError } from '../error.ts';
import type { Credentials } from '../http/http.ts';
import type { TokenSession } from './token-session.ts';

const refreshedAfter: ReadonlySet<string> = new Set(['token_expired', 'token_revoked']);

/** Bearer tokens of a session. A revoked one is replaced as well: changed roles revoke tokens of sessions that go on. */
export function createTokenCredentials(session: TokenSession): Credentials {
  return {
    cookies: 'omit',
    async headers(_method, deadline) {
      const record = await session.usable(deadline);
      return record === undefined ? {} : { authorization: `Bearer ${record.accessToken}` };
    },
    async refused(error: GaiaError, { authorization }, deadline) {
      if (authorization === undefined || error.status !== 401 || !refreshedAfter.has(error.code)) return false;
      return (await session.replaced(authorization.slice('Bearer '.length), deadline)) !== undefined;
    },
  };
}
