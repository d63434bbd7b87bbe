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
  readonly rateClass?: RateClass;
  readonly upload?: true;
}

export const allMethods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const read: readonly Method[] = ['GET', 'HEAD', 'OPTIONS'];

/** All that leads to a service. What is not here, such as a service's /metrics, cannot be reached from outside. */
export const routeTable: readonly ProxyRoute[] = Object.freeze([
  { url: '/auth/login', upstream: 'auth', session: false, rateClass: 'login' },
  { url: '/auth/refresh', upstream: 'auth', session: false },
  { url: '/auth/*', upstream: 'auth' },
  { url: '/oauth/*', upstream: 'auth', session: false },
  { url: '/.well-known/jwks.json', upstream: 'auth', methods: read, session: false },
  { url: '/.well-known/oauth-authorization-server', upstream: 'auth', methods: read, session: false },
  { url: '/.well-known/openid-configuration', upstream: 'auth', methods: read, session: false },
  { url: '/cms/*', upstream: 'cms' },
  { url: '/graphql', upstream: 'cms' },
  { url: '/assets/*', upstream: 'assets', upload: true },
  { url: '/search', upstream: 'search' },
  { url: '/search/*', upstream: 'search' },
  // The paths of Gaia Alpha, for its clients.
  {
    url: '/@/api/login',
    upstream: 'auth',
    methods: ['POST'],
    forwardAs: '/auth/login',
    session: false,
    rateClass: 'login',
  },
  { url: '/@/api/refresh', upstream: 'auth', methods: ['POST'], forwardAs: '/auth/refresh', session: false },
  { url: '/@/api/logout', upstream: 'auth', methods: ['POST'], forwardAs: '/auth/logout' },
  { url: '/@/api/me', upstream: 'auth', methods: ['GET', 'HEAD'], forwardAs: '/auth/me' },
]);
