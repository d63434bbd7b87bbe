import type { RateClass } from '../limits/rate-limiter.ts';
import type { UpstreamName } from '../upstreams/pools.ts';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface ProxyRoute {
  /** Path as Fastify's router takes it; a wildcard stands only at the end, and no parameter where `forwardAs` is. */
  readonly url: string;
  readonly upstream: UpstreamName;
  readonly methods?: readonly Method[];
  /** Path at the service, where it is another one. */
  readonly forwardAs?: string;
  /** False where no session is looked at, because the route needs no identity. */
  readonly session?: false;
  /**
   * What its answers hand out. Bearer and refresh tokens never go to a cookie: no session is looked at, for the route takes
   * its credentials from the request itself. Other secrets go to a page only where it asks with an unsafe method, and while
   * the user has authenticated in that session within the last five minutes.
   */
  readonly handsOut?: 'tokens' | 'secrets';
  /** What the route's requests count as, where the method does not say it. */
  readonly rateClass?: RateClass;
  /** What changes something here changes what the session stands for: it gets another id. */
  readonly changesPrivilege?: true;
  readonly upload?: true;
}

/** Whether a request to the route may use a session. */
export function takesSession({ session, handsOut }: ProxyRoute): boolean {
  return session !== false && handsOut !== 'tokens';
}

export const allMethods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const read: readonly Method[] = ['GET', 'HEAD', 'OPTIONS'];

/** All that leads to a service. What is not here, such as a service's /metrics, cannot be reached from outside. */
export const routeTable: readonly ProxyRoute[] = Object.freeze([
  { url: '/auth/login', upstream: 'auth', handsOut: 'tokens', rateClass: 'login' },
  { url: '/auth/refresh', upstream: 'auth', handsOut: 'tokens' },
  // A session moves with `POST /session/site` and over `/sso`, and authenticates anew with `POST /session/reauthenticate`.
  { url: '/auth/switch', upstream: 'auth', handsOut: 'tokens' },
  { url: '/auth/sso/*', upstream: 'auth', handsOut: 'tokens' },
  { url: '/auth/reauthenticate', upstream: 'auth', handsOut: 'tokens', rateClass: 'login' },
  { url: '/auth/tokens', upstream: 'auth', handsOut: 'tokens' },
  { url: '/auth/clients', upstream: 'auth', handsOut: 'secrets' },
  { url: '/auth/clients/:client/secrets', upstream: 'auth', handsOut: 'secrets' },
  { url: '/auth/me/password', upstream: 'auth', changesPrivilege: true, rateClass: 'login' },
  { url: '/auth/email-change', upstream: 'auth', changesPrivilege: true, rateClass: 'login' },
  { url: '/auth/sessions', upstream: 'auth', changesPrivilege: true },
  { url: '/auth/sessions/*', upstream: 'auth', changesPrivilege: true },
  ...[
    '/auth/forgot',
    '/auth/reset',
    '/auth/reset/details',
    '/auth/verify',
    '/auth/verify/details',
    '/auth/invitation',
    '/auth/invitation/details',
    '/auth/email-change/details',
  ].map((url): ProxyRoute => ({ url, upstream: 'auth', rateClass: 'login' })),
  { url: '/auth/*', upstream: 'auth' },
  { url: '/oauth/*', upstream: 'auth', handsOut: 'tokens' },
  { url: '/.well-known/jwks.json', upstream: 'auth', methods: read, session: false },
  { url: '/.well-known/oauth-authorization-server', upstream: 'auth', methods: read, session: false },
  { url: '/.well-known/openid-configuration', upstream: 'auth', methods: read, session: false },
  { url: '/cms/sites/:site/webhooks', upstream: 'cms', handsOut: 'secrets' },
  { url: '/cms/sites/:site/webhooks/:webhook/rotate', upstream: 'cms', handsOut: 'secrets' },
  { url: '/cms/*', upstream: 'cms' },
  // Queries are sent by POST, too.
  { url: '/graphql', upstream: 'cms', rateClass: 'read' },
  { url: '/assets/*', upstream: 'assets', upload: true },
  { url: '/search', upstream: 'search' },
  { url: '/search/*', upstream: 'search' },
  // The paths of Gaia Alpha, for its clients.
  {
    url: '/@/api/login',
    upstream: 'auth',
    methods: ['POST', 'OPTIONS'],
    forwardAs: '/auth/login',
    handsOut: 'tokens',
    rateClass: 'login',
  },
  {
    url: '/@/api/refresh',
    upstream: 'auth',
    methods: ['POST', 'OPTIONS'],
    forwardAs: '/auth/refresh',
    handsOut: 'tokens',
  },
  { url: '/@/api/logout', upstream: 'auth', methods: ['POST', 'OPTIONS'], forwardAs: '/auth/logout' },
  { url: '/@/api/me', upstream: 'auth', methods: read, forwardAs: '/auth/me' },
]);
