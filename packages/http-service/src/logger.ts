import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Names under which secrets could travel through a log object; their values never reach a log. */
const secretPaths = ['password', 'token', 'access_token', 'refresh_token', 'secret', 'authorization', 'cookie'];

/**
 * JSON log lines with the service's name. Secrets under the usual names are cut out as the last line of defence;
 * the first is that nothing logs bodies or headers.
 */
export function createLogger(options: { service: string; level: string }, destination?: DestinationStream): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretPaths.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[cut]' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 1, sync: false, minLength: 0 }),
  );
}
