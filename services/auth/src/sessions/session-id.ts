/**
 * A sign-on is one proof of who the user is, and all the sites that it was handed over to. The login that it began with
 * gives it its name, and a site that it is handed over to gets a session whose id begins with that name, so that all of
 * them can be found without a record that could be lost.
 */
const SEPARATOR = '.';

/** The sign-on that a session belongs to. */
export function signOnOf(sessionId: string): string {
  return sessionId.split(SEPARATOR, 1)[0] ?? sessionId;
}

/** The id of a further session of the same sign-on; `random` is base64url. */
export function nextSessionId(sessionId: string, random: string): string {
  return `${signOnOf(sessionId)}${SEPARATOR}${random}`;
}
