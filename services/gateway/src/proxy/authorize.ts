import type { ClientInfo } from '../client/client-info.ts';
import { requireRecentSession } from '../credentials/recent-session.ts';
import { requireOriginOfUpgrade } from '../csrf/request-origin.ts';
import { isSafeMethod } from '../csrf/safe-methods.ts';
import type { LimitUser } from '../limits/rate-limit-hook.ts';
import type { RequestCredential } from './authenticate.ts';
import type { MatchedRequest } from './forward.ts';

export interface AuthorizeOptions {
  readonly limitUser: LimitUser | undefined;
  readonly subjectOf: (accessToken: string) => Promise<string | undefined>;
  readonly now: () => number;
}

/**
 * What the gateway itself holds a request to before the service decides. Refuses: what recent-session.ts and
 * request-origin.ts refuse, rate_limited.
 */
export async function authorize(
  { request, reply, route }: MatchedRequest,
  known: { readonly credential: RequestCredential; readonly client: ClientInfo; readonly isUpgrade: boolean },
  options: AuthorizeOptions,
): Promise<void> {
  const { session, bearer } = known.credential;
  if (route.handsOut === 'secrets' && session !== undefined && !isSafeMethod(request.method)) {
    requireRecentSession(session.authTime(), options.now());
  }
  if (options.limitUser !== undefined) {
    const user = session?.user() ?? (bearer === undefined ? undefined : await options.subjectOf(bearer));
    if (user !== undefined) await options.limitUser(request, reply, user);
  }
  if (known.isUpgrade && session !== undefined) requireOriginOfUpgrade(request.raw.headers, known.client);
}
