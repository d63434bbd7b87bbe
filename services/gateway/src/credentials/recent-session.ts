import { insufficientAuthentication } from '@gaia/token-guard/problems';
import { SECRETS_MAX_AGE } from '@gaia/token-guard/requirements';

/**
 * Refuses a session whose user has not authenticated within the last five minutes (RFC 9470), so that a script in a page, or
 * who sits down at a browser that was left open, is given no secret. The services ask the same of every user's token; this
 * stands before those too that do not. `authTime` in seconds, `now` in milliseconds.
 */
export function requireRecentSession(authTime: number | undefined, now: number): void {
  if (authTime === undefined || now - authTime * 1_000 > SECRETS_MAX_AGE * 1_000) {
    throw insufficientAuthentication(SECRETS_MAX_AGE);
  }
}
