import type { TestGateway } from './gateway.ts';
import type { Answer, Sending } from './servers.ts';

/** The session's cookie at a gateway with the default PUBLIC_URL. */
export const COOKIE = 'gaia-8080';

/** What a browser keeps of a login. */
export interface SignedIn {
  /** Cookie header. */
  readonly cookie: string;
  readonly setCookie: string;
  readonly csrf: string;
  readonly answer: Answer;
}

/** Signs in at the gateway. */
export async function signIn(
  gateway: TestGateway,
  extra: { body?: Record<string, unknown>; headers?: Record<string, string> } = {},
): Promise<SignedIn> {
  const answer = await gateway.send('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...extra.headers },
    body: JSON.stringify({ email: 'ann@example.org', password: 'right', ...extra.body }),
  });
  if (answer.status !== 200) throw new Error(`login failed: ${answer.status} ${answer.text}`);
  const setCookie = String(answer.headers['set-cookie']);
  return {
    cookie: setCookie.split(';', 1)[0] ?? '',
    setCookie,
    csrf: answer.json<{ csrf_token: string }>().csrf_token,
    answer,
  };
}

/** A request that changes something, as a page of the site makes it. */
export function unsafe(session: SignedIn, headers: Record<string, string> = {}): Sending {
  return {
    method: 'POST',
    headers: { cookie: session.cookie, 'x-csrf-token': session.csrf, 'content-type': 'application/json', ...headers },
    body: '{}',
  };
}
