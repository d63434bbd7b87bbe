import { choice, integer, list, type Setting, text } from '@gaia/settings';

/** Settings that every service has; only the default port differs. */
export function serviceSettings(defaultPort: number): {
  HOST: Setting<string>;
  PORT: Setting<number>;
  LOG_LEVEL: Setting<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'>;
  TRUSTED_PROXIES: Setting<readonly string[]>;
  SHUTDOWN_TIMEOUT_MS: Setting<number>;
} {
  return {
    HOST: text({ doc: 'Address to listen on', fallback: '127.0.0.1' }),
    PORT: integer({ doc: 'Port to listen on', fallback: defaultPort, min: 0, max: 65_535 }),
    LOG_LEVEL: choice({
      doc: 'Least level of what is logged',
      fallback: 'info',
      of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    }),
    TRUSTED_PROXIES: list({
      doc: 'Addresses, networks, or `loopback` and `uniquelocal`, whose X-Forwarded-* headers are believed',
      fallback: ['loopback'],
    }),
    SHUTDOWN_TIMEOUT_MS: integer({
      doc: 'SIGTERM ends the process within this time; requests that are open after two thirds of it are cut off',
      fallback: 15_000,
      min: 100,
      max: 600_000,
    }),
  };
}
