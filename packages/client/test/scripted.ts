import { type ClientOptions, createClient } from '../src/client.ts';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export const user = { id: 'ann', email: 'ann@example.org', username: null, name: null, administrator: false };
let issued = 0;

export function tokens(members: object = {}): Response {
  issued += 1;
  const body = {
    access_token: `access-${issued}`,
    refresh_token: `refresh-${issued}`,
    expires_in: 900,
    scope: 'a b',
    user,
  };
  return json(200, { ...body, session_expires_in: 86_400, refresh_grace_seconds: 30, ...members });
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

export const problem = (status: number, code: string, members: object = {}, headers: Record<string, string> = {}) =>
  json(status, { title: code, status, code, request_id: 'r-1', ...members }, headers);

/** A client whose server answers as it is told, and whose clock stands still but for what it sleeps. */
export function scripted(
  answer: (call: Call, count: number) => Response | Promise<Response>,
  options: Partial<ClientOptions> = {},
) {
  const calls: Call[] = [];
  const slept: number[] = [];
  let now = Date.UTC(2026, 10, 1);
  const client = createClient({
    url: 'https://gaia.test',
    site: 'a.test',
    ...options,
    runtime: {
      now: () => now,
      random: () => 0.5,
      setTimeout(callback, milliseconds) {
        // Ends of calls are far; what is near is waited for.
        if (milliseconds >= 10_000) return setTimeout(callback, 2 ** 31 - 1).unref();
        slept.push(milliseconds);
        now += milliseconds;
        return setTimeout(callback, 0);
      },
      clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
      async fetch(url, { method = 'GET', headers, body }) {
        const call = { method, path: url.replace('https://gaia.test', ''), headers: headers as Call['headers'], body };
        calls.push(call);
        return answer(call, calls.length);
      },
      ...options.runtime,
    },
  });
  return {
    client,
    calls,
    slept,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    signIn: () => client.auth.signIn({ email: user.email, password: 'a secret of ann' }),
  };
}
