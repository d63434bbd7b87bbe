import { withTimeout } from '@gaia/promise-timeout';
import { Redis } from 'ioredis';
import type { StateLog } from '../log.ts';
import { StateUnavailable } from '../state.ts';
import type { RedisTarget } from './redis-url.ts';

export interface ConnectionOptions {
  readonly target: RedisTarget;
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** No operation takes longer, whatever happens to the network. */
  readonly timeoutMs: number;
  /** A connection on which nothing comes back is noticed after this and `timeoutMs`. */
  readonly keepAliveMs: number;
  readonly log: StateLog;
}

export interface Connection {
  readonly client: Redis;
  readonly timeoutMs: number;
  /** Runs commands within `timeoutMs`; whatever goes wrong becomes StateUnavailable. */
  run<T>(commands: (client: Redis) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const CLOSE_WAIT_MS = 200;

/**
 * One connection to Redis that comes back by itself, forever, and on which nothing waits longer than `timeoutMs`.
 *
 * A command is sent once. If its connection is lost before the answer it is rejected and not repeated: it may have
 * been carried out, and repeating "consume" or "count" would do it twice. While the connection is being made commands
 * wait for it; once it has been away for `timeoutMs` they are refused at once, so that an outage does not slow down
 * callers that can do without.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { timeoutMs, log } = options;
  const client = new Redis({
    ...options.target,
    connectionName: options.name,
    // RESP2 is all that is used, and every server and proxy that is compatible with Redis speaks it.
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: timeoutMs,
    // Half-open connections: no answer in time to anything written ends the connection, and a new one is made.
    socketTimeout: timeoutMs,
    disconnectTimeout: 100,
    maxLoadingRetryTime: 500,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Listeners subscribe after each `ready`, so they know when the channel is up.
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 4), 400) + Math.random() * 100,
    // After a failover the old address may be a replica now; connecting again finds the new primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });

  /**
   * What is written within one turn of the event loop goes out in one piece: for small commands the system call is the
   * largest part of the cost.
   */
  let held: Redis['stream'] | undefined;
  function holdWrites(): void {
    const { stream } = client;
    if (client.status !== 'ready' || held === stream) return;
    held = stream;
    stream.cork();
    process.nextTick(() => {
      if (held === stream) held = undefined;
      stream.uncork();
    });
  }

  let closed = false;
  let awaySince: number | undefined = performance.now();
  let reported = false;
  let lastError: Error | undefined;

  client.on('error', (error: Error) => {
    lastError = error;
  });
  client.on('ready', () => {
    awaySince = undefined;
    lastError = undefined;
    if (reported) log.info({ connection: options.name }, 'Redis answers again');
    reported = false;
  });
  client.on('close', () => {
    if (closed) return;
    awaySince ??= performance.now();
    if (!reported) log.warn({ connection: options.name, reason: describe(lastError) }, 'Redis cannot be reached');
    reported = true;
  });
  // ioredis gives up where it cannot even open a socket; we do not.
  client.on('end', () => {
    setTimeout(() => {
      if (!closed && client.status === 'end') client.connect().catch(() => {});
    }, 400).unref();
  });

  let pinging = false;
  const keepAlive = setInterval(async () => {
    if (pinging || client.status !== 'ready') return;
    pinging = true;
    await withTimeout(client.ping(), timeoutMs).catch(() => client.status === 'ready' && client.disconnect(true));
    pinging = false;
  }, options.keepAliveMs);
  keepAlive.unref();

  return {
    client,
    timeoutMs,
    async run(commands) {
      if (closed) throw new StateUnavailable({ cause: new Error('closed') });
      if (awaySince !== undefined && performance.now() - awaySince > timeoutMs) {
        throw new StateUnavailable({ cause: new Error(describe(lastError)) });
      }
      holdWrites();
      try {
        return await withTimeout(commands(client), timeoutMs);
      } catch (error) {
        throw new StateUnavailable({ cause: new Error(describe(error)) });
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(keepAlive);
      const ended = new Promise((resolve) => client.once('end', resolve));
      client.disconnect();
      await withTimeout(ended, CLOSE_WAIT_MS).catch(() => {});
    },
  };
}

/**
 * An error in a few words. ioredis hangs the arguments of the command on its errors (a password in HELLO, a session in
 * SET), and a server quotes them after "with args": neither may reach a log.
 */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return 'connection lost';
  return error.message.split(', with args')[0]?.slice(0, 200) ?? '';
}
