import { type DestinationStream, type Logger, pino } from 'pino';

export type { DestinationStream, Logger } from 'pino';

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
      timestamp: createTimestamps(Date.now),
      redact: { paths: secretPaths.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[cut]' },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? standardOutput(),
  );
}

/** The member `time`, RFC 3339; made once a millisecond, however many lines it sees. */
function createTimestamps(now: () => number): () => string {
  let at = -1;
  let text = '';
  return () => {
    const present = now();
    if (present !== at) {
      at = present;
      text = `,"time":"${new Date(present).toISOString()}"`;
    }
    return text;
  };
}

/** Lines are gathered up to so many bytes, and no longer than so many milliseconds: a system call a line is dear. */
const GATHERED_BYTES = 15_000;
const GATHERED_MS = 100;

/** What is gathered is written out at the end of the process and after a fatal error, so that nothing is lost but by a kill. */
function standardOutput(): DestinationStream {
  const destination = pino.destination({ dest: 1, sync: false, minLength: GATHERED_BYTES });
  setInterval(() => destination.flush(), GATHERED_MS).unref();
  return destination;
}
