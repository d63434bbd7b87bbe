import { serviceSettings } from '@gaia/http-service/settings';
import {
  flag,
  integer,
  list,
  loadSettings,
  type Setting,
  SettingsError,
  type SettingsOf,
  secret,
  text,
  url,
} from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';

const http = ['http', 'https'];
const MEBIBYTE = 1024 * 1024;

/** The addresses of one service's replicas. */
function urls(options: { doc: string; fallback: string }): Setting<readonly string[]> {
  const one = url({ ...options, protocols: http });
  const fallback = Object.freeze([options.fallback]);
  return Object.freeze({
    ...one,
    kind: 'comma-separated list of URLs',
    fallback,
    parse: (raw: string) => Object.freeze(raw.split(',').map((part) => String(one.parse(part.trim())))),
  });
}

export const settings = {
  ...serviceSettings(8080),
  ...stateSettings(),
  TRUSTED_PROXIES: list({
    doc: 'Addresses, networks, or `loopback` and `uniquelocal`, of proxies before the gateway whose X-Forwarded-* headers are believed',
    fallback: [],
  }),
  PUBLIC_URL: url({
    doc: 'Where browsers and clients reach the gateway. With https, cookies are `__Host-` and Secure; with http, people can sign in at localhost alone',
    fallback: 'http://localhost:8080',
    protocols: http,
  }),
  GAIA_ISSUER: guardSettings.GAIA_ISSUER,
  JWKS_MAX_STALE_SECONDS: guardSettings.JWKS_MAX_STALE_SECONDS,
  AUTH_URL: urls({ doc: 'Where auth listens; several replicas comma-separated', fallback: 'http://127.0.0.1:8081' }),
  CMS_URL: urls({ doc: 'Where cms listens; several replicas comma-separated', fallback: 'http://127.0.0.1:8082' }),
  ASSETS_URL: urls({
    doc: 'Where assets listens; several replicas comma-separated',
    fallback: 'http://127.0.0.1:8083',
  }),
  SEARCH_URL: urls({
    doc: 'Where search listens; several replicas comma-separated',
    fallback: 'http://127.0.0.1:8084',
  }),
  METRICS_PORT: integer({
    doc: 'Port for the gateway’s own /metrics; 0 serves none',
    fallback: 8085,
    min: 0,
    max: 65_535,
  }),
  METRICS_HOST: text({
    doc: 'Address that the gateway’s /metrics listens on. It has no authentication',
    fallback: '127.0.0.1',
  }),
  GATEWAY_SESSION_SECRET: secret({
    doc: 'Encrypts browser sessions at rest; the same for all replicas. Required with REDIS_URL, else made anew at each start',
    fallbackDoc: 'random',
    minLength: 32,
  }),
  GATEWAY_SESSION_SECRET_PREVIOUS: secret({
    doc: 'The secret before the present one: sessions sealed with it stay readable',
    minLength: 32,
  }),
  FORWARD_AUTH_SECRET: secret({
    doc: 'Lets a proxy that shows it ask `/forward-auth`; without it there is no such path',
    minLength: 32,
  }),
  SESSION_IDLE_SECONDS: integer({
    doc: 'A browser session ends when it is not used for so long, and when the browser is closed',
    fallback: 86_400,
    min: 60,
    max: 31_536_000,
  }),
  SESSION_REMEMBERED_IDLE_SECONDS: integer({
    doc: 'The same for who wants to stay signed in, browser closed or not; auth’s REFRESH_IDLE_SECONDS ends the login in any case',
    fallback: 604_800,
    min: 60,
    max: 31_536_000,
  }),
  SESSION_ABSOLUTE_SECONDS: integer({
    doc: 'A browser session ends after this time however much it is used, and with its login at auth (REFRESH_ABSOLUTE_SECONDS)',
    fallback: 2_592_000,
    min: 60,
    max: 31_536_000,
  }),
  MAX_BODY_BYTES: integer({
    doc: 'Largest request body in bytes, uploads excepted',
    fallback: 8 * MEBIBYTE,
    min: 1_024,
    max: 1_024 * MEBIBYTE,
  }),
  MAX_UPLOAD_BYTES: integer({
    doc: 'Largest body of a request to assets in bytes; assets has its own, usually lower limit',
    fallback: 16_384 * MEBIBYTE,
    min: 1_024,
    max: 1_048_576 * MEBIBYTE,
  }),
  MAX_CONNECTIONS: integer({ doc: 'Most connections of all clients', fallback: 20_000, min: 1, max: 1_000_000 }),
  MAX_CONNECTIONS_PER_ADDRESS: integer({
    doc: 'Most connections from one address; not counted where TRUSTED_PROXIES are set',
    fallback: 2_000,
    min: 1,
    max: 1_000_000,
  }),
  DRAIN_MS: integer({
    doc: 'Longest time at the end in which open connections are led to their last answer',
    fallback: 1_000,
    min: 0,
    max: 60_000,
  }),
  UPSTREAM_CONNECTIONS: integer({
    doc: 'Most connections from the gateway to one service',
    fallback: 256,
    min: 1,
    max: 10_000,
  }),
  UPSTREAM_CONNECT_TIMEOUT_MS: integer({
    doc: 'Longest wait for a connection to a service',
    fallback: 1_000,
    min: 10,
    max: 60_000,
  }),
  UPSTREAM_RESTART_WAIT_MS: integer({
    doc: 'Longest wait of requests for a draining service until it is back; requests do not wait for an unavailable one',
    fallback: 10_000,
    min: 0,
    max: 60_000,
  }),
  UPSTREAM_HEADERS_TIMEOUT_MS: integer({
    doc: 'Longest wait for the head of a service’s answer',
    fallback: 60_000,
    min: 10,
    max: 600_000,
  }),
  UPSTREAM_IDLE_TIMEOUT_MS: integer({
    doc: 'Longest silence within the body of a service’s answer',
    fallback: 120_000,
    min: 10,
    max: 3_600_000,
  }),
  CLIENT_IDLE_TIMEOUT_MS: integer({
    doc: 'A client’s connection is closed when nothing moves on it for so long within a request or answer',
    fallback: 120_000,
    min: 10,
    max: 3_600_000,
  }),
  RATE_LIMIT: flag({ doc: 'Whether callers are held to a number of requests a minute', fallback: true }),
  RATE_LIMIT_PER_MINUTE: integer({
    doc: 'Reading requests a minute from one address, and as many from one user',
    fallback: 3_000,
    min: 1,
    max: 10_000_000,
  }),
  RATE_LIMIT_WRITES_PER_MINUTE: integer({
    doc: 'Requests a minute that change something, from one address, and as many from one user',
    fallback: 600,
    min: 1,
    max: 10_000_000,
  }),
  RATE_LIMIT_UPLOADS_PER_MINUTE: integer({
    doc: 'Uploads a minute from one address, and as many from one user',
    fallback: 240,
    min: 1,
    max: 10_000_000,
  }),
  RATE_LIMIT_LOGIN_PER_MINUTE: integer({
    doc: 'Attempts a minute to log in, register, or reset a password, from one address',
    fallback: 30,
    min: 1,
    max: 10_000_000,
  }),
} as const;

export type Config = SettingsOf<typeof settings>;

/** The gateway's configuration, frozen; throws SettingsError naming all that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const config = loadSettings(settings, env);
  // Replicas that share sessions must share the secret; a random one each would silently end every other login.
  if (config.REDIS_URL !== undefined && config.GATEWAY_SESSION_SECRET === undefined) {
    throw new SettingsError(['GATEWAY_SESSION_SECRET must be set where REDIS_URL is']);
  }
  return config;
}
