import { availableParallelism } from 'node:os';
import { auditSettings } from '@gaia/audit-log/settings';
import { databaseSettings } from '@gaia/database/settings';
import { serviceSettings } from '@gaia/http-service/settings';
import { sealingKeys } from '@gaia/sealed-values/settings';
import { flag, integer, loadSettings, type Setting, type SettingsOf, secret, text, url } from '@gaia/settings';
import { stateSettings } from '@gaia/state/settings';
import { guardSettings } from '@gaia/token-guard/settings';
import { MIN_RSA_BITS } from './keys/signing-key.ts';
import { readServiceClients, type ServiceClient } from './oauth/service-clients.ts';
import { MAX_ACCESS_TOKEN_SECONDS } from './revocation/revoker.ts';

const DAY = 86_400;

const serviceClients: Setting<readonly ServiceClient[]> = Object.freeze({
  kind: 'secret',
  doc: 'Services that get tokens of their own: `id=secret:scope scope,…`',
  fallback: Object.freeze([]),
  fallbackDoc: 'none',
  required: false,
  secret: true,
  parse: readServiceClients,
});

/** Carries a password, so it is a secret although it is a URL. */
const smtpUrl: Setting<string | undefined> = Object.freeze({
  ...url({
    doc: 'Mail server: `smtps://user:password@host` or `smtp://host:587?requireTLS=true`',
    fallbackDoc: 'mails are written to MAIL_DIR',
    protocols: ['smtp', 'smtps'],
  }),
  secret: true,
});

/** Settings of the auth service. */
export const settings = {
  ...serviceSettings(8081),
  ...databaseSettings,
  ...stateSettings(),
  GAIA_ISSUER: guardSettings.GAIA_ISSUER,
  JWKS_MAX_STALE_SECONDS: guardSettings.JWKS_MAX_STALE_SECONDS,
  AUTH_KEK: sealingKeys({ doc: 'Encrypts the private signing keys at rest' }),
  AUTH_REFRESH_SECRET: secret({ doc: 'Signs refresh tokens; at least 32 characters', required: true, minLength: 32 }),
  SERVICE_CLIENTS: serviceClients,
  AUTH_SIGNING_KEY_FILE: text({
    doc: 'File with a PEM of an RSA private key that is to sign',
    fallbackDoc: 'a key is made at first start',
  }),
  AUTH_RSA_BITS: integer({ doc: 'Size of new signing keys', fallback: MIN_RSA_BITS, min: MIN_RSA_BITS, max: 4_096 }),
  AUTH_KEY_ROTATION_SECONDS: integer({
    doc: 'A signing key is replaced after so long; 0: only by command. With AUTH_SIGNING_KEY_FILE nothing is replaced',
    fallback: 30 * DAY,
    min: 0,
    max: 3_660 * DAY,
  }),
  AUTH_KEY_PUBLISH_SECONDS: integer({
    doc: 'A new signing key is published for so long before it signs; longer than JWKS_MAX_STALE_SECONDS of any service',
    fallback: DAY + 3_600,
    min: 1,
    max: 366 * DAY,
  }),
  AUTH_KEY_CHECK_SECONDS: integer({
    doc: 'How often a replica looks whether keys are to be changed, or were changed by another',
    fallback: 5,
    min: 1,
    max: 3_600,
  }),
  ACCESS_TOKEN_SECONDS: integer({ doc: 'Life of access tokens', fallback: 900, min: 1, max: MAX_ACCESS_TOKEN_SECONDS }),
  ACCESS_TOKEN_JITTER: flag({
    doc: 'Whether access tokens from a refresh live up to 5 % less, so that clients do not refresh in step',
    fallback: true,
  }),
  ...auditSettings,
  REFRESH_GRACE_SECONDS: integer({
    doc: 'For how long a refresh token that was just used answers the same successor again',
    fallback: 30,
    min: 0,
    max: 300,
  }),
  REFRESH_IDLE_SECONDS: integer({
    doc: 'A session that is not refreshed for so long ends',
    fallback: 7 * DAY,
    min: 1,
    max: 90 * DAY,
  }),
  REFRESH_ABSOLUTE_SECONDS: integer({
    doc: 'A session ends after so long, however often it is refreshed',
    fallback: 30 * DAY,
    min: 1,
    max: 366 * DAY,
  }),
  GAIA_ADMIN_EMAIL: text({ doc: 'Address of the administrator made at first start', fallbackDoc: 'admin@localhost' }),
  GAIA_ADMIN_PASSWORD: secret({
    doc: 'Password of the administrator made at first start',
    fallbackDoc: 'random, shown once',
    minLength: 8,
  }),
  AUTH_CONTROL_SOCKET: text({
    doc: 'Unix socket for `gaia users …` on this host, in a directory that only the service’s user can enter',
    fallbackDoc: 'none',
  }),
  PUBLIC_URL: url({
    doc: 'Where the suite is reached from outside; links in mails begin with its scheme and port',
    fallbackDoc: 'GAIA_ISSUER',
    protocols: ['http', 'https'],
  }),
  CMS_URL: url({ doc: 'Where the service cms is', fallback: 'http://127.0.0.1:8082', protocols: ['http', 'https'] }),
  ASSETS_URL: url({
    doc: 'Where the service assets is',
    fallback: 'http://127.0.0.1:8083',
    protocols: ['http', 'https'],
  }),
  GAIA_DATA_DIR: text({ doc: 'Directory that holds what is not in a database', fallback: '.gaia' }),
  SMTP_URL: smtpUrl,
  MAIL_DIR: text({
    doc: 'Directory that mails are written to while there is no SMTP_URL; they hold living links',
    fallbackDoc: '`mail` in GAIA_DATA_DIR',
  }),
  MAIL_FROM: text({ doc: 'Address that mails come from', fallbackDoc: '`no-reply@` the host of PUBLIC_URL' }),
  RATE_LIMIT: flag({ doc: 'Whether repeated logins are slowed down', fallback: true }),
  ARGON2_MEMORY_KIB: integer({ doc: 'Memory of one password hash', fallback: 19_456, min: 8, max: 1_048_576 }),
  ARGON2_PASSES: integer({ doc: 'Passes of one password hash', fallback: 2, min: 1, max: 100 }),
  ARGON2_LANES: integer({ doc: 'Lanes of one password hash', fallback: 1, min: 1, max: 16 }),
  ARGON2_CONCURRENCY: integer({
    doc: 'Password hashes at a time, each on a thread of its own that takes 20 MB and the memory of its hash',
    fallback: availableParallelism(),
    fallbackDoc: 'one a core',
    min: 1,
    max: 256,
  }),
  ARGON2_QUEUE: integer({ doc: 'Password hashes that may wait for their turn', fallback: 512, min: 0, max: 100_000 }),
  ARGON2_WAIT_MS: integer({
    doc: 'Longest wait of a password hash, in milliseconds; after that the login is answered 503',
    fallback: 5_000,
    min: 1,
    max: 60_000,
  }),
} satisfies Record<string, Setting<unknown>>;

export type Config = SettingsOf<typeof settings>;

/** The service's configuration. Throws SettingsError naming everything that is wrong. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  return loadSettings(settings, env);
}
