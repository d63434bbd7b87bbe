import type { SecurityScheme } from '@gaia/http-service/openapi/document';

export const safeMethods = new Set(['get', 'head']);

/** `security` of a request that a browser's session signs. */
export function sessionSecurity(method: string): Record<string, string[]> {
  return safeMethods.has(method) ? { session: [] } : { session: [], csrf: [] };
}

/** How a browser authenticates. Nothing is to be entered in a browser: it has the cookie, and the page sends the token. */
export function sessionSchemes(cookieName: string): Record<'session' | 'csrf', SecurityScheme> {
  return {
    session: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieName,
      description: 'Set by `POST /session`; the browser sends it',
    },
    csrf: {
      type: 'apiKey',
      in: 'header',
      name: 'x-csrf-token',
      description: '`csrf_token` of `GET /session`; this page sends it by itself',
    },
  };
}
