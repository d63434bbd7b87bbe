import type { RateClass } from '../limits/rate-limiter.ts';
import type { UpstreamName } from '../upstreams/pools.ts';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

export interface ProxyRoute {
  /** Path as Fastify's router takes it; a wildcard stands only at the end. */
  readonly url: string;
  readonly upstream: UpstreamName;
  readonly methods?: readonly Method[];
  /** Path at the service, where it is another one. */
  readonly forwardAs?: string;
  /** False where no session is looked at, because the route takes its credentials from the request itself. */
  readonly session?: false;
  /** What the route's requests count as, where the method does not say it. */
  readonly rateClass?: RateClass;
  /** What changes something here changes what the session stands for: it gets another id. */
  readonly changesPrivilege?: true;
  readonly upload?: true;
}

export const allMethods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const read: readonly Method[] = ['GET', 'HEAD', 'OPTIONS'];

/** All that leads to a service. What is not here, such as a service's /metrics, cannot be reached from outside. */
export const routeTable: readonly ProxyRoute[] = Object.freeze([
  { url: '/auth/login', upstream: 'auth', session: false, rateClass: 'login' },
  { url: '/auth/refresh', upstream: 'auth', session: false },
  // They answer with tokens, which pages must never see: a session moves with `POST /session/site` and over `/sso`.
  { url: '/auth/switch', upstream: 'auth', session: false },
  { url: '/auth/sso/*', upstream: 'auth', session: false },
  { url: '/auth/me/password', upstream: 'auth', changesPrivilege: true, rateClass: 'login' },
  { url: '/auth/email-change', upstream: 'auth', changesPrivilege: true, rateClass: 'login' },
  { url: '/auth/sessions', upstream: 'auth', changesPrivilege: true },
  { url: '/auth/sessions/*', upstream: 'auth', changesPrivilege: true },
  ...['/auth/forgot', '/auth/reset', '/auth/verify', '/auth/invitation', '/auth/invitation/details'].map(
    (url): ProxyRoute => ({ url, upstream: 'auth', rateClass: 'login' }),
  ),
  { url: '/auth/*', upstream: 'auth' },
  { url: '/oauth/*', upstream: 'auth', session: false },
  { url: '/.well-known/jwks.json', upstream: 'auth', methods: read, session: false },
  { url: '/.well-known/oauth-authorization-server', upstream: 'auth', methods: read, session: false },
  { url: '/.well-known/openid-configuration', upstream: 'auth', methods: read, session: false },
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
    session: false,
    rateClass: 'login',
  },
  { url: '/@/api/refresh', upstream: 'auth', methods: ['POST', 'OPTIONS'], forwardAs: '/auth/refresh', session: false },
  { url: '/@/api/logout', upstream: 'auth', methods: ['POST', 'OPTIONS'], forwardAs: '/auth/logout' },
  { url: '/@/api/me', upstream: 'auth', methods: read, forwardAs: '/auth/me' },
]);
